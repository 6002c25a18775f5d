// What is late or nearly so, and the red list.

import { get, send } from "./api.js";
import { caseRow } from "./case_row.js";
import { button, el, fill, toast, trouble } from "./dom.js";
import { makeForm } from "./forms.js";
import { countWords, makePager } from "./paging.js";
import { leave, start, tell } from "./shell.js";
import { moment } from "./times.js";

const PAGE = 20;
const at = (id) => document.getElementById(id);

start(async (session) => {
  let days = "3";

  const due = makePager(at("due-previous"), at("due-next"), (offset, isLatest) => page("due", isLatest, async () => {
    const found = await get("/supervision/due", { within_days: days, limit: PAGE, offset: offset ?? 0 });
    const rows = found.cases.map((row) => caseRow(row, { more: [deadline(row)], withDue: false }));
    const following = found.offset + PAGE;
    return { rows, total: found.total, next: following < found.total ? following : null };
  }));
  const red = makePager(at("red-previous"), at("red-next"), (after, isLatest) => page("red", isLatest, async () => {
    const found = await get("/supervision/red_list", { limit: PAGE, after });
    const rows = found.cases.map((row) => caseRow(row, { more: [given(row)] }));
    return { rows, total: found.total, next: found.next };
  }));

  const choice = makeForm([{
    name: "days", label: "看几个工作日内到期的", kind: "select", value: days,
    choices: [["0", "只看已超期的"], ["1", "1 天"], ["3", "3 天"], ["5", "5 天"], ["10", "10 天"]],
  }], () => change(), { submit: "查看", compact: true });
  choice.node.addEventListener("change", change);

  function change() {
    days = choice.values().days;
    return due.restart();
  }

  async function superviseNow(event) {
    event.target.disabled = true;
    try {
      await send("POST", "/supervision/run");
      toast("督办完成了一轮");
      await Promise.all([due.restart(), red.restart()]);
    } catch (error) {
      tell(error);
    } finally {
      event.target.disabled = false;
    }
  }
  fill(at("tools"), choice.node, session.role === "admin" && button("马上督办一轮", superviseNow));
  await Promise.all([due.restart(), red.restart()]);
});

async function page(id, isLatest, load) {
  try {
    const { rows, total, next } = await load();
    if (!isLatest()) return null;
    fill(at(id), ...(rows.length ? rows : [el("li", { class: "empty" }, "现在没有。")]));
    at(`${id}-total`).textContent = `共 ${countWords(total)}`;
    return next;
  } catch (error) {
    if (!leave(error) && isLatest()) fill(at(id), el("li", {}, trouble(error)));
    return null;
  }
}

function deadline({ deadline_name: name, deadline_at: until, late, used }) {
  const part = used ? `，已用 ${Math.round(used * 100)}%` : "";
  return el("span", { class: `row-foot ${late ? "late" : ""}` }, `${name}：${moment(until)}${part}`);
}

function given({ red_at: since, red_reason: reason, given: cards }) {
  const before = cards.length > 1 ? `（共 ${cards.length} 张牌）` : "";
  return el("span", { class: "row-foot late" }, `红牌 ${moment(since)}：${reason}${before}`);
}
