// A case on one page: words, place, times, cards, history.

import { get } from "./api.js";
import { makeActions } from "./case_actions.js";
import { makeContact, makeExtras } from "./case_extras.js";
import { isEnded, marks } from "./case_row.js";
import { badge, button, el, facts, fill, trouble } from "./dom.js";
import { leave } from "./shell.js";
import { moment, standing } from "./times.js";
import { actor, department, departments, word } from "./words.js";

/** The case column. `onChanged()` after a step, `onBack()`, `onOpen(caseId)`. */
export function makeCaseView(place, session, { onChanged, onBack, onOpen }) {
  let turn = 0; // of several cases asked for quickly, the last is shown

  async function show(caseId, { notice = null, openKey = null, keepPlace = false } = {}) {
    const mine = ++turn;
    if (!keepPlace) fill(place, el("p", { class: "empty", role: "status" }, "正在打开……"));
    let found;
    try {
      found = await get(`/cases/${encodeURIComponent(caseId)}`);
    } catch (error) {
      if (mine === turn && !leave(error)) {
        fill(place, back(), trouble(error, () => show(caseId)));
      }
      return;
    }
    if (mine !== turn) return;
    const actions = makeActions(found, session, {
      openKey,
      onDone() {
        onChanged();
        return show(caseId, { keepPlace: true });
      },
      onStale(error, key) {
        onChanged();
        return show(caseId, { notice: error.message, openKey: key, keepPlace: true });
      },
    });
    const title = el("h2", { tabindex: "-1", class: "number" }, found.case_id);
    fill(place,
      back(),
      el("header", { class: "case-head" }, title,
        badge(found.state_name, `state ${found.state}`), ...marks(found)),
      notice && el("p", { class: "alert", role: "alert" }, notice),
      el("div", { class: "case-body" },
        el("div", { class: "case-top" },
          el("p", { class: "citizen-words" }, found.description),
          mediaLinks(found.media_urls),
          actions.node,
          cards(found.cards)),
        el("div", { class: "case-side" },
          el("section", {}, el("h3", {}, "时限"), times(found)),
          el("section", {}, el("h3", {}, "基本情况"), about(found, onOpen)),
          makeContact(found, session)),
        el("section", {}, el("h3", {}, "经过"), timeline(found.entries)),
        makeExtras(found, session, {
          onOpen,
          onChanged() {
            onChanged();
            return show(caseId, { keepPlace: true });
          },
        })));
    if (!actions.resume()) title.focus({ preventScroll: keepPlace });
  }

  function back() {
    return button("← 返回列表", onBack, { class: "back" });
  }

  return {
    show,
    clear() {
      turn += 1;
      fill(place, el("p", { class: "empty" }, "请从列表里选一件诉求。"));
    },
  };
}

function about(found, onOpen) {
  const { address, alarms } = found;
  const place = [address.district, address.town, address.community].filter(Boolean).join("");
  const point = found.lat === null ? null : `${found.lat.toFixed(5)}, ${found.long.toFixed(5)}`;
  const parent = found.parent_id && button(found.parent_id, () => onOpen(found.parent_id), { class: "plain" });
  return facts([
    ["类型", found.appeal_type_name],
    ["镇街社区", place],
    ["具体地点", address.detail],
    ["网格", address.grid],
    ["经纬度", point],
    ["什么时候", found.occurred],
    ["来源", [word("channels", found.channel), found.source].filter(Boolean).join("，")],
    ["主办", department(found.department)],
    ["协办", departments(found.co_departments)],
    ["经办人", found.assignee],
    ["平台", word("platforms", found.platform)],
    ["办理方式", word("handling_modes", found.handling_mode)],
    ["主诉求", parent],
    ["催办", found.urges ? `${found.urges} 次${found.raised ? "，已升级" : ""}` : null],
    ["退回", found.returns ? `${found.returns} 次` : null],
    ["重办", found.reopens ? `${found.reopens} 次` : null],
    ["设备告警", alarms ? `${alarms.count} 次` : null],
    ["满意度", found.satisfaction === null ? null : word("satisfaction", found.satisfaction)],
  ]);
}

function times(found) {
  const { state } = found;
  const runs = (due, met) => {
    if (!due) return null;
    if (!met && isEnded(state)) return moment(due);
    const { words, kind } = standing(due, met);
    return [moment(due), " ", el("span", { class: `due ${kind}` }, words)];
  };
  const accepted = found.entries.find(({ to_state: to }) => to === "accepted")?.at;
  const waits = state === "awaiting_citizen";
  return facts([
    ["提交", moment(found.submitted_at)],
    ["受理时限", runs(found.accept_due_at, accepted)],
    ["分流", moment(found.dispatched_at)],
    ["退回期限", ["dispatched", "in_progress"].includes(state) ? runs(found.return_due_at) : null],
    ["首次答复时限", runs(found.first_response_due_at, found.responded_at)],
    ["首次答复", moment(found.responded_at)],
    ["办结时限", waits
      ? [moment(found.due_at), " ", el("span", { class: "due" }, "等市民补充，不计时")]
      : runs(found.due_at, found.resolved_at)],
    ["办结", moment(found.resolved_at)],
    ["结束", moment(found.closed_at)],
  ]);
}

function cards(given) {
  if (!given.length) return null;
  return el("section", {}, el("h3", {}, "督办牌"), el("ul", { class: "cards" },
    ...given.map(({ colour, at, reason }) => el("li", { class: `card-mark ${colour}` },
      el("strong", {}, word("kinds", `${colour}_card`)), ` ${moment(at)} `, el("span", {}, reason)))));
}

function timeline(entries) {
  return el("ol", { class: "timeline" }, ...[...entries].reverse().map((entry) =>
    el("li", { class: entry.kind },
      el("p", { class: "entry-head" }, el("strong", {}, entryTitle(entry)),
        el("span", { class: "soft" }, `${moment(entry.at)} · ${actor(entry.actor)}`)),
      entryChange(entry),
      entry.note && el("p", { class: "said" },
        el("span", { class: "soft" }, isOfCitizen(entry) ? "市民说：" : "对市民："), entry.note),
      entry.remark && el("p", { class: "said" }, el("span", { class: "soft" }, "内部："), entry.remark))));
}

/** Whether the note is what the citizen said, else it was said to him. */
function isOfCitizen({ kind, to_state: to }) {
  return ["supplement", "urge", "evaluation"].includes(kind)
    || (kind === "state" && to === "reopen_requested");
}

function entryTitle({ kind, from_state: from, to_state: to, state_name: name, changes }) {
  if (kind === "evaluation") return `市民评价：${word("satisfaction", changes.satisfaction)}`;
  if (kind !== "state") return word("kinds", kind);
  return from === null ? "提交" : from === to ? name : `${word("states", from)} → ${name}`;
}

function entryChange({ kind, from_state: from, to_state: to, changes }) {
  if (kind === "assignment") return el("p", {}, changes.assignee ?? "不指定");
  if (kind !== "state" || to !== "dispatched" || from === null) return null;
  const others = changes.co_departments ?? [];
  return el("p", {}, `主办：${department(changes.department)}`,
    others.length > 0 && `；协办：${departments(others)}`,
    changes.handling_mode && `；${word("handling_modes", changes.handling_mode)}`);
}

function mediaLinks(addresses) {
  const safe = addresses.filter((each) => /^https?:\/\//i.test(each));
  if (!safe.length) return null;
  return el("p", { class: "links" }, ...safe.map((each, index) => el("a", {
    href: each, target: "_blank", rel: "noreferrer noopener",
  }, `市民发来的图片 ${index + 1}`)));
}
