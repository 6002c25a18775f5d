import { ApiError, send } from "./api.js";
import { fill } from "./dom.js";
import { makeForm } from "./forms.js";
import { start } from "./shell.js";

start(() => {
  const fresh = { autocomplete: "new-password" };
  const form = makeForm([
    { name: "old", label: "原来的密码", kind: "password", required: true,
      attributes: { autocomplete: "current-password" } },
    { name: "new", label: "新密码", kind: "password", required: true, attributes: fresh },
    { name: "again", label: "再输一次新密码", kind: "password", required: true, attributes: fresh },
  ], async (values) => {
    if (values.new !== values.again) {
      const message = "两次输入的新密码不一样";
      throw new ApiError(400, "different", message, [{ field: "again", message }]);
    }
    await send("PUT", "/session/password", { old: values.old, new: values.new });
    location.assign("/console/login?changed=1");
  }, { submit: "修改密码" });
  fill(document.getElementById("password"), form.node);
  form.focus();
});
