// Accounts and keys, for administrators.

import { get, send } from "./api.js";
import { badge, button, el, fill, toast } from "./dom.js";
import { behindButton, makeForm } from "./forms.js";
import { start, tell } from "./shell.js";
import { choices, department, departmentChoices, word, words } from "./words.js";
import { moment } from "./times.js";

const at = (id) => document.getElementById(id);
const LEAST = "至少 10 位，不要有用户名；请用安全的方式告诉本人";
const NAME = "2 到 39 个小写字母、数字、点、下划线或连字符";
const PLAIN = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };

start(async (session) => {
  async function showAccounts() {
    const { accounts } = await get("/accounts");
    fill(at("accounts"), ...accounts.map((one) => account(one, session, showAccounts)));
  }
  async function showKeys() {
    const { keys } = await get("/keys");
    fill(at("keys"), ...keys.map((one) => key(one, showKeys)));
    if (!keys.length) fill(at("keys"), el("li", { class: "empty" }, "还没有。"));
  }

  function newAccount() {
    const form = makeForm([
      { name: "name", label: "用户名", required: true, hint: NAME, attributes: PLAIN },
      { name: "display_name", label: "姓名" },
      { name: "role", label: "角色", kind: "select", required: true,
        choices: [["", "请选择"], ...words().signing_in.map((role) => [role, word("roles", role)])] },
      { name: "department", label: "部门", kind: "select", hint: "只有承办部门的用户要选",
        choices: [["", "不指明"], ...departmentChoices()] },
      { name: "password", label: "初始密码", kind: "password", required: true, hint: LEAST,
        attributes: { autocomplete: "new-password" } },
    ], async (values) => {
      await send("POST", "/accounts", { ...values, department: values.department || null });
      toast(`已新建账号 ${values.name}`);
      newAccount();
      await showAccounts();
    }, { submit: "新建账号" });
    fill(at("new-account"), form.node);
  }

  function newKey() {
    const form = makeForm([
      { name: "name", label: "名称", required: true, hint: NAME, attributes: PLAIN },
      { name: "role", label: "用途", kind: "select", choices: choices("key_roles").reverse() },
      { name: "channel", label: "来源渠道", kind: "select",
        choices: [["", "由对方自己说明"], ...choices("channels")] },
    ], async (values) => {
      const made = await send("POST", "/keys", { ...values, channel: values.channel || null });
      fill(at("fresh-key"), el("p", { class: "notice" }, `${made.name} 的密钥，只显示这一次：`,
        el("code", { class: "secret" }, made.key)));
      newKey();
      await showKeys();
    }, { submit: "新建密钥" });
    fill(at("new-key"), form.node);
  }

  newAccount();
  newKey();
  await Promise.all([showAccounts(), showKeys()]);
});

function account(one, session, reload) {
  const path = `/accounts/${encodeURIComponent(one.name)}`;
  const role = one.department ? `${word("roles", one.role)}，${department(one.department)}` : word("roles", one.role);
  const reset = behindButton("重设密码", (close) => makeForm([
    { name: "password", label: `${one.name} 的新密码`, kind: "password", required: true, hint: LEAST,
      attributes: { autocomplete: "new-password" } },
  ], async ({ password }) => {
    await send("PATCH", path, { password });
    toast("密码已重设");
    await reload();
  }, { submit: "重设密码", onCancel: close }), { class: "plain" });
  return el("li", {},
    el("p", { class: "entry-head" }, el("strong", {}, one.display_name), el("span", { class: "number" }, one.name),
      !one.active && badge("已停用", "amber"), one.must_change && badge("还没改初始密码")),
    el("span", { class: "soft small" }, role),
    el("div", { class: "buttons" }, reset, one.name !== session.name
      && button(one.active ? "停用" : "启用", toggle, { class: "plain" })));

  async function toggle() {
    if (one.active && !confirm(`停用 ${one.name}？他会马上退出登录。`)) return;
    try {
      await send("PATCH", path, { active: !one.active });
      await reload();
    } catch (error) {
      tell(error);
    }
  }
}

function key(one, reload) {
  const channel = one.channel ? `，${word("channels", one.channel)}` : "";
  return el("li", {},
    el("p", { class: "entry-head" }, el("strong", { class: "number" }, one.name),
      one.revoked_at && badge(`${moment(one.revoked_at)} 作废`, "amber")),
    el("span", { class: "soft small" }, `${word("key_roles", one.role)}${channel}`),
    !one.revoked_at && button("作废", revoke, { class: "plain" }));

  async function revoke() {
    if (!confirm(`作废密钥 ${one.name}？用它的系统马上不能再提交。`)) return;
    try {
      await send("DELETE", `/keys/${encodeURIComponent(one.name)}`);
      await reload();
    } catch (error) {
      tell(error);
    }
  }
}
