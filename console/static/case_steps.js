// What somebody may do with a case: each action with its fields and its call of the API.

import { send, upload } from "./api.js";
import { isEnded } from "./case_row.js";
import { moment } from "./times.js";
import { choices, departmentChoices, mayStep } from "./words.js";

const TO_CITIZEN = "市民会看到这段话";
const INSIDE = "只有工作人员看得到";
const note = (label, required = false) =>
  ({ name: "note", label, kind: "area", required, hint: TO_CITIZEN });
const remark = (label = "内部说明", required = false) =>
  ({ name: "remark", label, kind: "area", required, hint: INSIDE });
const text = (label, hint, required = true) => ({ name: "text", label, kind: "area", hint, required });

// By "from>to", else by "to".
const STEP_WORDS = {
  accepted: { label: "受理", fields: () => [remark()] },
  "accepted>dispatched": { label: "分流", fields: dispatchFields },
  dispatched: { label: "重新分流", fields: dispatchFields },
  "dispatched>in_progress": { label: "开始办理", fields: () => [note("给市民的话（可不填）")] },
  "awaiting_citizen>in_progress": { label: "继续办理", fields: () => [remark("说明（可不填）")] },
  returned: {
    label: "退回",
    fields: ({ return_due_at: until }) => [{
      ...remark("退回的理由", true),
      hint: `说明为什么不归本部门、应该归谁${until ? `；${moment(until)} 前可以退回` : ""}`,
    }],
  },
  awaiting_citizen: { label: "请市民补充", fields: () => [note("请市民补充什么", true)] },
  resolved: { label: "办结", fields: () => [note("办理结果", true)] },
  rejected: { label: "不予受理", danger: true, fields: () => [note("为什么不予受理", true)] },
  withdrawn: { label: "市民要求撤回", danger: true, fields: () => [note("给市民的话（可不填）")] },
  "resolved>closed": { label: "归档", fields: () => [note("给市民的话（可不填）")] },
  reopen_requested: { label: "市民要求重办", fields: () => [note("市民为什么要求重办", true)] },
  reopened: { label: "同意重办", fields: () => [note("给市民的话", true)] },
  "reopen_requested>closed": {
    label: "不同意重办，归档", danger: true, fields: () => [note("为什么不再重办", true)],
  },
};
// Those that carry the work on come first.
const ORDER = ["accepted", "dispatched", "in_progress", "resolved", "awaiting_citizen", "returned",
  "reopened", "closed", "reopen_requested", "withdrawn", "rejected"];

function dispatchFields(found) {
  const isFresh = found.state !== "returned";
  return [
    { name: "department", label: "主办部门", kind: "select", required: true,
      value: isFresh ? found.department : "", choices: [["", "请选择"], ...departmentChoices()] },
    { name: "co_departments", label: "协办部门（可不选）", kind: "checks",
      value: isFresh ? found.co_departments : [], choices: departmentChoices() },
    { name: "handling_mode", label: "办理方式", kind: "select",
      choices: [["", "不改变"], ...choices("handling_modes")] },
    remark("给承办部门的说明（可不填）"),
  ];
}

/** What this person is offered for the case: [{key, label, danger, fields, run(values)}]. */
export function actionsFor(found, session) {
  const isLead = session.role !== "department" || session.department === found.department;
  const inCharge = ["staff", "supervisor", "admin"].includes(session.role);
  const path = `/cases/${found.case_id}`;
  const actions = [];
  const offer = (key, label, fields, run, more = {}) => actions.push({ key, label, fields, run, ...more });

  for (const to of ORDER) {
    if (!isLead || !found.next_states.includes(to) || !mayStep(session.role, found.state, to)) continue;
    const words = STEP_WORDS[`${found.state}>${to}`] ?? STEP_WORDS[to];
    offer(to, words.label, words.fields(found), (values) => send("POST", `${path}/transitions`, {
      to_state: to, expected_state: found.state, ...filled(values),
    }), { danger: words.danger, isStep: true });
  }
  const isOpen = !isEnded(found.state);
  if (isOpen && isLead) {
    offer("reply", "答复市民", [text("答复", TO_CITIZEN)], (values) => send("POST", `${path}/replies`, values));
  }
  offer("note", "内部备注", [text("备注", INSIDE)], (values) => send("POST", `${path}/notes`, values));
  if (isOpen && isLead) {
    offer("assign", "指定经办人", [
      { name: "assignee", label: "经办人", value: found.assignee, hint: "留空表示还没有指定" },
    ], ({ assignee }) => send("PUT", `${path}/assignment`, { assignee: assignee.trim() || null }));
  }
  if (isOpen && inCharge) {
    offer("supplement", "登记市民补充", [text("市民补充的情况", "电话号码会自动遮盖")],
      (values) => send("POST", `${path}/supplements`, values));
    if (found.state !== "reopen_requested") {
      offer("urge", "登记催办", [text("市民催办的话（可不填）", undefined, false)],
        (values) => send("POST", `${path}/urges`, filled(values)));
    }
  }
  if (["resolved", "closed"].includes(found.state) && found.satisfaction === null && inCharge) {
    const levels = choices("satisfaction").reverse();
    offer("evaluate", "登记市民评价", [
      { name: "satisfaction", label: "满意度", kind: "select", required: true, choices: [["", "请选择"], ...levels] },
      text("市民的话（可不填）", undefined, false),
    ], (values) => send("POST", `${path}/evaluation`,
      { ...filled(values), satisfaction: Number(values.satisfaction) }));
  }
  if (isOpen && ["supervisor", "admin"].includes(session.role)
      && !found.cards.some(({ colour }) => colour === "red")) {
    offer("card", "发牌", [
      { name: "colour", label: "牌", kind: "select", required: true,
        choices: [["yellow", "黄牌警示"], ["red", "红牌督办"]], hint: "第二张黄牌即为红牌" },
      { name: "reason", label: "理由", kind: "area", required: true },
    ], (values) => send("POST", `${path}/cards`, values), { danger: true });
  }
  offer("attach", "上传附件", [
    { name: "file", label: "文件", kind: "file", required: true, hint: "图片、录音或 PDF" },
  ], ({ file }) => upload(`${path}/attachments`, file));
  return actions;
}

/** Only what was filled in. */
function filled(values) {
  return Object.fromEntries(Object.entries(values)
    .map(([name, value]) => [name, typeof value === "string" ? value.trim() : value])
    .filter(([, value]) => (Array.isArray(value) ? value.length : value)));
}
