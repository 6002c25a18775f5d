/** The simulator's HTTP API. Every failure becomes an ApiError with a message for people. */

export class ApiError extends Error {
  /** @param {string} message Chinese, to show. @param {number} status HTTP status, 0 without an answer. */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const UNREACHABLE = "连不上模拟器，请确认它还在运行";

async function call(path, { body, signal } = {}) {
  const options = body === undefined
    ? { signal }
    : { signal, method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE, 0);
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(data.error?.message ?? "模拟器出错了，请稍后再试", answer.status);
  return data;
}

const phone = (openid) => `/api/phones/${encodeURIComponent(openid)}/messages`;

/** A new citizen, or the known one again. Gives `{openid}`. */
export const openPhone = (openid) => call("/api/phones", { body: openid ? { openid } : {} });

/** Sends a text; resolves when the delivery has ended. Gives `{delivery, messages, last, typing}`. */
export const sendText = (openid, text, ref) => call(phone(openid), { body: { text, ref } });

/** Waits for messages above `after` or a change of `typing`. Gives `{messages, last, typing}`. */
export const waitForNews = (openid, after, typing, signal) =>
  call(`${phone(openid)}?after=${after}&typing=${typing ? 1 : 0}`, { signal });

/** Whether the bot answers the server check. */
export const botIsUp = async () => (await call("/api/bot")).up;
