// The native API of the intake service, called with the session's cookie.

const BASE = "/api/v1";
const PATIENCE = 30_000; // milliseconds
const UPLOAD_PATIENCE = 300_000;

/** An answer of the API that is no success. `details` name wrong fields: {field, message}. */
export class ApiError extends Error {
  constructor(status, code, message, details = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** GET as JSON; empty arguments are left out. */
export function get(path, query = {}) {
  return call("GET", address(path, query));
}

/** POST, PUT, PATCH or DELETE with a JSON body. */
export function send(method, path, body) {
  const sent = body === undefined ? {} : {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  return call(method, BASE + path, sent);
}

/** POST one file as a form. */
export function upload(path, file) {
  const form = new FormData();
  form.append("file", file);
  return call("POST", BASE + path, { body: form, signal: AbortSignal.timeout(UPLOAD_PATIENCE) });
}

/** The address of something of the API that a link or picture shows. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(given).toString();
  return BASE + path + (text ? `?${text}` : "");
}

/** Lead to the login, and back here afterwards. */
export function toLogin() {
  const here = location.pathname + location.search;
  location.assign(`/console/login?next=${encodeURIComponent(here)}`);
}

async function call(method, url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE), ...options,
    });
  } catch {
    throw new ApiError(0, "unreachable", "连不上受理平台，请检查网络后重试");
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body;
  const { code = "no_answer", message = "受理平台没有给出能读的回答，请稍后重试", details = [] } =
    body?.error ?? {};
  throw new ApiError(answer.status, code, message, details);
}
