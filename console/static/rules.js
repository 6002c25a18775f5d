// The dispatch rules: read, change, try.

import { get, send } from "./api.js";
import { el, facts, fill, toast } from "./dom.js";
import { makeForm } from "./forms.js";
import { start } from "./shell.js";
import { actor, choices, department, departmentChoices, departments, word, words } from "./words.js";
import { moment } from "./times.js";

const NAMES = {
  department: "部门", platform: "平台", appeal_type: "类型", channel: "来源", district: "区",
  town: "镇街", community: "村居", urgent: "紧急", working_day: "工作日", hours: "时段", words: "词",
  co_departments: "协办", handling_mode: "办理方式", hold: "由中心的人决定",
};
const TABLES = {
  department, co_departments: department,
  platform: (code) => word("platforms", code),
  appeal_type: (code) => word("appeal_types", code),
  channel: (code) => word("channels", code),
  handling_mode: (code) => word("handling_modes", code),
};
const at = (id) => document.getElementById(id);

start(async (session) => {
  const mayEdit = ["admin", "supervisor"].includes(session.role);
  let version = 0;
  let area = null;

  function show(rules) {
    version = rules.version;
    const by = rules.saved_by ? `${actor(rules.saved_by)}，${moment(rules.saved_at)}` : "自带的规则";
    fill(at("version"), `第 ${rules.version} 版，${by}`,
      rules.error && el("p", { class: "alert", role: "alert" },
        `保存的规则不能用，现在按提交时的部门分流：${rules.error.message}`));
    fill(at("rules"), ...rules.rules.map(({ name, when, then }) => el("li", {},
      el("strong", {}, name),
      el("span", { class: "small" }, `当 ${inWords(when)}`),
      el("span", { class: "small" }, `就 ${inWords(then)}`))));
    if (!rules.rules.length) fill(at("rules"), el("li", { class: "empty" }, "没有规则。"));
    const form = makeForm([{
      name: "text", label: "规则（YAML）", kind: "area", value: rules.text,
      attributes: { rows: 24, spellcheck: "false", class: "yaml", readonly: !mayEdit },
    }], async ({ text }) => {
      show(await send("PUT", "/rules", { text, version }));
      toast("规则已保存，马上生效");
    }, { submit: "保存并生效" });
    area = form.node.querySelector("textarea");
    if (!mayEdit) form.node.querySelector(".form-buttons").remove();
    fill(at("editor"), form.node);
  }

  show(await get("/rules"));

  const trial = makeForm([
    { name: "description", label: "诉求内容", kind: "area", required: true, attributes: { rows: 3 } },
    { name: "department", label: "提交时的部门", kind: "select", choices: departmentChoices() },
    { name: "appeal_type", label: "类型", kind: "select", choices: choices("appeal_types") },
    { name: "channel", label: "来源", kind: "select", choices: choices("channels") },
    { name: "district", label: "区", kind: "select",
      choices: [["", "不说"], ...words().districts.map((name) => [name, name])] },
    { name: "urgent", label: "紧急", kind: "check" },
  ], async ({ district, ...values }) => {
    fill(at("trial-answer"));
    const address = district ? { district } : null;
    showTrial(await send("POST", "/rules/trial", { ...values, address, text: area.value }));
  }, { submit: "试一试" });
  fill(at("trial"), trial.node);
});

function showTrial(found) {
  fill(at("trial-answer"), facts([
    ["符合的规则", found.rule ?? "都不符合"],
    ["由谁办理", found.hold ? "由中心的人决定" : department(found.department)],
    ["协办", departments(found.co_departments)],
    ["平台", word("platforms", found.platform)],
    ["办理方式", word("handling_modes", found.handling_mode)],
    ["办结时限", moment(found.due_at)],
    ["没有符合的", found.checked.filter(({ failed }) => failed)
      .map(({ name, failed }) => `${name}（${NAMES[failed]}不符合）`).join("、")],
  ]));
}

/** Conditions or outcomes of a rule as people read them. */
function inWords(given) {
  const pairs = Object.entries(given).map(([name, value]) => {
    const values = [value].flat().map((each) => (TABLES[name] ? TABLES[name](each) : plain(each)));
    return `${NAMES[name] ?? name}：${values.join("、")}`;
  });
  return pairs.join("；") || "任何诉求";
}

function plain(value) {
  return value === true ? "是" : value === false ? "否" : String(value);
}
