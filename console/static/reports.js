// The monthly report and the hot issues: a short summary here, the whole behind links.

import { address, get } from "./api.js";
import { el, facts, fill, trouble } from "./dom.js";
import { makeForm } from "./forms.js";
import { leave, start } from "./shell.js";
import { thisMonth } from "./times.js";
import { words } from "./words.js";

const MONTHLY = "/reports/monthly";
const HOT = "/reports/hot_issues";
const at = (id) => document.getElementById(id);
let turn = 0;

start((session) => {
  const ways = [["department", "按部门"]];
  if (session.role !== "department") ways.push(["district", "按区"]);
  const monthly = makeForm([
    { name: "month", label: "月份", kind: "month", value: thisMonth(), required: true },
    { name: "by", label: "分组", kind: "select", choices: ways },
  ], () => showMonth(monthly.values()), { submit: "查看", compact: true });
  monthly.node.addEventListener("change", () => showMonth(monthly.values()));
  fill(at("monthly"), monthly.node);

  const hot = makeForm([
    { name: "days", label: "最近几天", kind: "select", value: "30",
      choices: [["7", "7 天"], ["30", "30 天"], ["90", "90 天"]] },
    { name: "district", label: "区", kind: "select",
      choices: [["", "全市"], ...words().districts.map((name) => [name, name])] },
  ], () => showHot(hot.values()), { submit: "查看", compact: true });
  hot.node.addEventListener("change", () => showHot(hot.values()));
  fill(at("hot"), hot.node);

  showHot(hot.values());
  return showMonth(monthly.values());
});

async function showMonth({ month, by }) {
  if (!/^\d{4}-\d{2}$/.test(month)) return;
  const mine = ++turn;
  fill(at("links"),
    link("打开月报", MONTHLY, { month, by, format: "html" }),
    link("下载 CSV", MONTHLY, { month, by, format: "csv" }),
    link("图片", MONTHLY, { month, by, format: "png" }));
  at("chart").hidden = true;
  try {
    const { total } = await get(MONTHLY, { month, by });
    if (mine !== turn) return;
    fill(at("summary"), facts([
      ["受理", `${total.received} 件`], ["办结", `${total.closed} 件`],
      ["办结率", percent(total.closing_rate)], ["按时率", percent(total.on_time_rate)],
      ["退回", `${total.returned} 次`], ["黄牌", `${total.yellow_cards} 张`],
      ["红牌", `${total.red_cards} 张`], ["满意率", percent(total.satisfied_rate)],
      ["重办", `${total.reopened} 件`], ["催办", `${total.urges} 次`],
    ]));
    at("chart").src = address(MONTHLY, { month, by, format: "png" });
    at("chart").alt = `${month} 考核月报的图`;
    at("chart").hidden = false;
  } catch (error) {
    if (!leave(error)) fill(at("summary"), trouble(error, () => showMonth({ month, by })));
  }
}

function showHot({ days, district }) {
  fill(at("hot-links"), link("打开热点", HOT, { days, district, format: "html" }));
}

function link(title, path, query) {
  return el("a", { href: address(path, query), target: "_blank", rel: "noopener" }, title);
}

function percent(part) {
  return part === null ? "—" : `${(part * 100).toFixed(1)}%`;
}
