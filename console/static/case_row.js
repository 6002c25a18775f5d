// One case as a row of a list.

import { badge, el } from "./dom.js";
import { moment, standing } from "./times.js";
import { departments } from "./words.js";

const ENDED = new Set(["resolved", "rejected", "withdrawn", "closed"]);

export function isEnded(state) {
  return ENDED.has(state);
}

export function caseAddress(caseId) {
  return `/console/cases/${encodeURIComponent(caseId)}`;
}

/** Marks that must not be overlooked: urgent, raised, cards. */
export function marks({ urgent, raised, cards }) {
  const colours = cards.map((card) => card.colour ?? card);
  return [
    urgent && badge("紧急", "red"),
    raised && badge("催办升级", "amber"),
    colours.includes("red") ? badge("红牌", "red")
      : colours.includes("yellow") && badge("黄牌", "amber"),
  ];
}

/** How the time to handle it stands, as a coloured word; null once it has ended. */
export function dueMark({ state, due_at: due }) {
  if (isEnded(state) || !due) return null;
  if (state === "awaiting_citizen") return el("span", { class: "due" }, "等市民补充，不计时");
  const { words, kind } = standing(due);
  return el("span", { class: `due ${kind}` }, words);
}

/** A row; `more` are lines of the list's own, `withDue` whether to say how the time stands. */
export function caseRow(row, { onOpen, more = [], isCurrent = false, withDue = true } = {}) {
  const assisting = row.co_departments.length ? `，协办：${departments(row.co_departments)}` : "";
  const link = el("a", {
    href: caseAddress(row.case_id), class: "row", data: { id: row.case_id },
    "aria-current": isCurrent ? "true" : null,
    on: {
      click(event) {
        if (!onOpen || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        onOpen(row.case_id);
      },
    },
  },
  el("span", { class: "row-head" },
    badge(row.state_name, `state ${row.state}`), ...marks(row), withDue && dueMark(row)),
  el("span", { class: "row-words" }, row.excerpt),
  el("span", { class: "row-foot" },
    [row.place, `${row.department_short}${assisting}`].filter(Boolean).join(" · ")),
  el("span", { class: "row-foot" },
    el("span", { class: "number" }, row.case_id), el("span", {}, moment(row.submitted_at))),
  ...more);
  return el("li", {}, link);
}
