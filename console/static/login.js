import { send } from "./api.js";
import { makeForm } from "./forms.js";
import { fill, toast } from "./dom.js";

const arguments_ = new URLSearchParams(location.search);

/** Only ever a page of the console, whatever the address says. */
function nextPage() {
  const wanted = arguments_.get("next") ?? "";
  return /^\/console(?=[/?]|$)(?!\/login)/.test(wanted) ? wanted : "/console";
}

const form = makeForm([
  { name: "name", label: "用户名", required: true,
    attributes: { autocomplete: "username", autocapitalize: "none", spellcheck: "false" } },
  { name: "password", label: "密码", kind: "password", required: true,
    attributes: { autocomplete: "current-password" } },
], async ({ name, password }) => {
  try {
    await send("POST", "/session", { name: name.trim(), password });
  } catch (error) {
    // Nobody is signed in here anyway, so this is an error to show and not a reason to leave.
    if (error.status === 401) error.status = 403;
    throw error;
  }
  location.assign(nextPage());
}, { submit: "登录" });

fill(document.getElementById("login"), form.node);
form.focus();
if (arguments_.has("changed")) toast("密码已经改好，请用新密码登录");
