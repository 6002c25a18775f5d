// The list on the left: what waits, filters, pages.

import { get } from "./api.js";
import { caseRow } from "./case_row.js";
import { button, el, fill, toast, trouble } from "./dom.js";
import { makeForm } from "./forms.js";
import { countWords, makePager, MOST_COUNTED } from "./paging.js";
import { leave } from "./shell.js";
import { choices, departmentChoices, words } from "./words.js";

const OPEN = "open"; // not a state of the API: all that has not ended
const TO_DISPATCH = "submitted,accepted,returned,reopened";
const AT_WORK = "dispatched,in_progress,awaiting_citizen";
const NAMES = ["state", "department", "district", "urgent", "overdue", "red"];

const LATE = [["超期", { overdue: "true" }], ["红牌", { red: "true", state: OPEN }]];
const QUEUES = {
  department: [
    ["待接收", { state: "dispatched" }], ["办理中", { state: "in_progress" }],
    ["待补充", { state: "awaiting_citizen" }], ...LATE,
  ],
  staff: [
    ["待分流", { state: TO_DISPATCH }], ["待定重办", { state: "reopen_requested" }],
    ["紧急", { urgent: "true", state: OPEN }], ...LATE,
  ],
};
const OTHERS = [
  ["待分流", { state: TO_DISPATCH }], ["待定重办", { state: "reopen_requested" }],
  ["部门在办", { state: AT_WORK }], ...LATE,
];

/** `onOpen(caseId)`, `onFilter(query)` when the filters were changed by hand. */
export function makeList(session, { onOpen, onFilter }) {
  const at = (id) => document.getElementById(id);
  const queues = QUEUES[session.role] ?? OTHERS;
  let filters = {};
  let current = null;

  const pager = makePager(at("previous"), at("next"), async (after, isLatest) => {
    at("rows").setAttribute("aria-busy", "true");
    try {
      const { cases, total, next } = await get("/cases", { ...asked(filters), after, limit: 20 });
      if (!isLatest()) return null;
      const rows = cases.map((row) => caseRow(row, { onOpen, isCurrent: row.case_id === current }));
      fill(at("rows"), ...rows);
      if (!rows.length) fill(at("rows"), el("li", { class: "empty" }, "没有这样的诉求。"));
      at("total").textContent = `共 ${countWords(total)}`;
      return next;
    } catch (error) {
      if (!leave(error) && isLatest()) {
        fill(at("rows"), el("li", {}, trouble(error, () => list.reload())));
      }
      return null;
    } finally {
      if (isLatest()) at("rows").removeAttribute("aria-busy");
    }
  });

  // Made once and changed in place, so that who works with the keyboard keeps his place.
  const queueButtons = queues.map(([label, wanted]) => {
    const number = el("strong", {}, "…");
    const node = el("button", {
      type: "button", class: "queue",
      on: { click: () => choose(same(filters, wanted) ? {} : wanted) },
    }, number, el("span", {}, label));
    return { node, number, wanted };
  });
  const form = makeForm(filterFields(session), (values) => choose(chosen(values)), {
    submit: "筛选", compact: true,
  });
  form.node.setAttribute("aria-label", "筛选");
  form.node.addEventListener("change", () => choose(chosen(form.values())));
  const search = makeForm([
    { name: "case_id", label: "按编号查", attributes: { autocomplete: "off" } },
  ], async ({ case_id: wanted }) => {
    if (!wanted.trim()) return;
    const found = await get(`/cases/${encodeURIComponent(wanted.trim())}`);
    search.clear();
    onOpen(found.case_id);
  }, { submit: "打开", compact: true });
  const clear = button("清除筛选", () => choose({}), { class: "plain" });
  const summary = el("summary", {}, "筛选");
  fill(at("queues"), ...queueButtons.map(({ node }) => node));
  fill(at("filters"), search.node, el("details", { class: "filters" }, summary, form.node), clear);

  function showFilters() {
    const isNarrowed = Object.keys(filters).length > 0;
    form.set(filters);
    summary.textContent = isNarrowed ? "筛选（已选）" : "筛选";
    clear.hidden = !isNarrowed;
    for (const { node, wanted } of queueButtons) {
      node.setAttribute("aria-pressed", String(same(filters, wanted)));
    }
  }

  function countQueues() {
    return Promise.all(queueButtons.map(async ({ number, wanted }) => {
      try {
        const { total } = await get("/cases", { ...asked(wanted), limit: 1 });
        number.textContent = total >= MOST_COUNTED ? `${MOST_COUNTED}+` : String(total);
      } catch {
        number.textContent = "?"; // the list beside it says what is wrong
      }
    }));
  }

  function choose(wanted) {
    onFilter(new URLSearchParams(wanted).toString());
    return list.show(wanted);
  }

  const list = {
    /** Show the list with these filters from its first page. */
    show(wanted) {
      filters = Object.fromEntries(NAMES.filter((name) => wanted[name]).map((name) => [name, wanted[name]]));
      showFilters();
      return Promise.all([pager.restart(), countQueues()]);
    },
    /** The same page again. */
    reload() {
      return Promise.all([pager.reload(), countQueues()]);
    },
    /** Mark the row of the open case. */
    mark(caseId) {
      current = caseId;
      for (const row of at("rows").querySelectorAll(".row")) {
        if (row.dataset.id === caseId) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
      }
    },
  };
  at("refresh").addEventListener("click", async () => {
    await list.reload();
    toast("已刷新");
  });
  return list;
}

function filterFields(session) {
  const states = [["", "全部状态"], [OPEN, "未办结（全部）"], [TO_DISPATCH, "待分流（全部）"],
    [AT_WORK, "部门在办（全部）"], ...choices("states")];
  const departments = { name: "department", label: "主办部门", kind: "select",
    choices: [["", "全部部门"], ...departmentChoices()] };
  return [
    { name: "state", label: "状态", kind: "select", choices: states },
    session.role !== "department" && departments,
    { name: "district", label: "区", kind: "select",
      choices: [["", "全市"], ...words().districts.map((name) => [name, name])] },
    { name: "urgent", label: "紧急", kind: "check" },
    { name: "overdue", label: "超期", kind: "check" },
    { name: "red", label: "红牌", kind: "check" },
  ].filter(Boolean);
}

/** What was chosen, without what was left open. */
function chosen(values) {
  return Object.fromEntries(Object.entries(values)
    .filter(([, value]) => value)
    .map(([name, value]) => [name, value === true ? "true" : value]));
}

/** The filters as the API asks for them. */
function asked({ state, ...others }) {
  return state === OPEN ? { ...others, closed: "false" } : { ...others, state };
}

function same(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((n) => one[n] === other[n]);
}
