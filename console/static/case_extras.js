// What hangs on a case: contact, files, similar and child cases, notices. Each fills itself, and one
// that fails does not keep the others from showing.

import { address, get, send } from "./api.js";
import { caseRow } from "./case_row.js";
import { badge, button, el, facts, fill, toast, trouble } from "./dom.js";
import { behindButton, makeForm } from "./forms.js";
import { leave, tell } from "./shell.js";
import { moment } from "./times.js";
import { actor, department, word } from "./words.js";

const MERGEABLE = ["submitted", "accepted", "returned", "dispatched"];
const RETRIABLE = ["given_up", "unreachable"];

/** The contact, behind a reason: each look is recorded by the service. */
export function makeContact(found, session) {
  if (session.role === "department" && session.department !== found.department) return null;
  const place = el("div");
  const ask = behindButton("查看联系方式", (close) => makeForm([
    { name: "reason", label: "为什么要看", required: true, hint: "会留下记录，例如：回访核实地点" },
  ], async ({ reason }) => {
    const known = await get(`/cases/${found.case_id}/contact`, { reason: reason.trim() });
    const shown = facts([
      ["姓名", known.name], ["电话", known.phone && el("a", { href: `tel:${known.phone}` }, known.phone)],
      ["邮箱", known.email], ["内容里遮盖的", known.numbers.join("、")],
    ]);
    fill(place, shown.children.length ? shown : el("p", { class: "soft" }, "没有留下联系方式。"));
  }, { submit: "查看", onCancel: close }));
  return el("section", {}, el("h3", {}, "联系方式"), fill(place, ask));
}

/** The parts that need an answer of their own. */
export function makeExtras(found, session, { onOpen, onChanged }) {
  const path = `/cases/${found.case_id}`;
  return el("div", { class: "extras" },
    part("附件", `${path}/attachments`, ({ attachments }) => attachments.map((each) => file(path, each))),
    part("可能是同一件事", `${path}/similar`,
      ({ similar }) => similar.map((each) => likeness(found, session, each, { onOpen, onChanged }))),
    part("子诉求", `${path}/children`, ({ children }) => children.map((each) => child(each, onOpen))),
    part("通知", `${path}/notices`, ({ notices }) => notices.map((each) => notice(session, each, onChanged))));
}

/** A section that appears once it has something to show. */
function part(title, path, rows) {
  const list = el("ul", { class: "entries" });
  const section = el("section", { hidden: true }, el("h3", {}, title), list);
  async function load() {
    try {
      const made = rows(await get(path));
      fill(list, ...made);
      section.hidden = made.length === 0;
    } catch (error) {
      if (leave(error) || error.status === 404 || error.status === 403) return;
      fill(list, el("li", {}, trouble(error, load)));
      section.hidden = false;
    }
  }
  load();
  return section;
}

function file(path, { attachment_id: id, name, size, added_by: by, added_at: at }) {
  const kilobytes = Math.max(1, Math.round(size / 1024));
  return el("li", {},
    el("a", { href: address(`${path}/attachments/${encodeURIComponent(id)}`), target: "_blank", rel: "noopener" }, name),
    el("span", { class: "soft small" }, `${kilobytes} KB · ${actor(by)} · ${moment(at)} · 打开会留下记录`));
}

function likeness(found, session, { case: row, reason, metres, followers }, { onOpen, onChanged }) {
  const mayMerge = session.role !== "department" && MERGEABLE.includes(found.state);
  const why = [reason, metres === null ? null : `相距 ${metres} 米`,
    followers ? `${followers} 人加入` : null].filter(Boolean).join(" · ");
  const item = caseRow(row, { onOpen, more: [el("span", { class: "row-foot" }, why)] });
  if (mayMerge) item.append(button("把本件并入这一件", merge, { class: "plain" }));
  return item;

  async function merge() {
    if (!confirm(`把 ${found.case_id} 并入 ${row.case_id}？本件会结束，市民改为跟进那一件。`)) return;
    try {
      await send("POST", `/cases/${found.case_id}/duplicate_of`, { case_id: row.case_id });
    } catch (error) {
      tell(error);
      return;
    }
    toast("已并入");
    onChanged();
  }
}

function child({ case_id: id, state, state_name: name, department_name: by, description }, onOpen) {
  return el("li", {}, button(id, () => onOpen(id), { class: "plain number" }), " ",
    badge(name, `state ${state}`), el("p", {}, description), el("span", { class: "soft small" }, by));
}

function notice(session, each, onChanged) {
  const whom = each.to === "citizen" ? "市民" : each.to === "department" ? department(each.department) : "督办";
  const how = each.channel ? word("notice_channels", each.channel) : null;
  const when = each.ended_at ? moment(each.ended_at) : each.next_at && `最早 ${moment(each.next_at)} 发`;
  const line = [how, when, each.attempts > 1 ? `试了 ${each.attempts} 次` : null].filter(Boolean).join(" · ");
  return el("li", {},
    el("p", { class: "entry-head" }, el("strong", {}, `给${whom}：${each.kind_name}`),
      badge(each.state_name, RETRIABLE.includes(each.state) ? "amber" : "")),
    el("p", {}, each.text),
    line && el("span", { class: "soft small" }, line),
    each.error && el("span", { class: "soft small" }, `没有发出：${each.error}`),
    session.role === "admin" && RETRIABLE.includes(each.state) && button("再发一次", retry, { class: "plain" }));

  async function retry() {
    try {
      await send("POST", `/notices/${each.notice_id}/retry`);
    } catch (error) {
      tell(error);
      return;
    }
    toast("已重新排队");
    onChanged();
  }
}
