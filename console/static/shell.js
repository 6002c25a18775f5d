// What every page of somebody signed in shares: who he is, the menu, leaving.

import { get, send, toLogin } from "./api.js";
import { el, fill, toast, trouble } from "./dom.js";
import { department, loadWords, word } from "./words.js";

/** Load the words and who is signed in, then run `page(session)`. */
export async function start(page) {
  try {
    const [session] = await Promise.all([get("/session"), loadWords()]);
    showMe(session);
    await page(session);
  } catch (error) {
    if (!leave(error)) fill(document.getElementById("main"), trouble(error, () => location.reload()));
  }
}

/** Go to the login where nobody is signed in any more; whether it does. */
export function leave(error) {
  if (error.status !== 401) return false;
  toLogin();
  return true;
}

/** Show an error that belongs to no field. */
export function tell(error) {
  if (!leave(error)) toast(error.message);
}

function showMe(session) {
  const of = session.department ? department(session.department) : word("roles", session.role);
  document.getElementById("me").hidden = false;
  document.getElementById("me-name").textContent = `${session.display_name}（${of}）`;
  document.getElementById("sign-out").addEventListener("click", signOut);
  for (const link of document.querySelectorAll("[data-role]")) {
    link.hidden = link.dataset.role !== session.role;
  }
  if (session.must_change && !location.pathname.endsWith("/password")) {
    const hint = document.getElementById("hint");
    fill(hint, "您现在用的密码是别人设的，请先",
      el("a", { href: "/console/password" }, "改成自己的密码"), "。");
    hint.hidden = false;
  }
}

async function signOut() {
  try {
    await send("DELETE", "/session");
  } catch (error) {
    if (error.status !== 401) {
      tell(error);
      return;
    }
  }
  location.assign("/console/login");
}
