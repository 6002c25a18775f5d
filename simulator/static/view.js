/** Draws messages. Text goes in through textContent only, whatever a bot may send. */

const STAMP_GAP = 5 * 60;
const LATE = 10 * 60;
const WEEKDAYS = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** A time as WeChat writes it: 15:04, 昨天 15:04, 星期三 15:04, 2月3日 15:04. */
export function stampText(seconds, now = new Date()) {
  const date = new Date(seconds * 1000);
  const clock = `${date.getHours()}:${String(date.getMinutes()).padStart(2, "0")}`;
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate());
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return clock;
  if (days === 1) return `昨天 ${clock}`;
  if (days > 1 && days < 7) return `${WEEKDAYS[date.getDay()]} ${clock}`;
  return `${date.getMonth() + 1}月${date.getDate()}日 ${clock}`;
}

/** The grey line under an answer: how long it took and which way it came. */
export function tookText(message) {
  const parts = [];
  if (message.seconds !== null && message.seconds < LATE) parts.push(`${message.seconds.toFixed(2)} 秒`);
  if (message.attempts) parts.push(`第 ${message.attempts} 次投递`);
  if (message.how === "customer_service") parts.push("客服消息");
  if (message.how === "template") parts.push("模板消息");
  return parts.join(" · ");
}

function sourceBox(message) {
  const names = { sent: "请求", passive_reply: "回复", customer_service: "客服消息", template: "模板消息", notice: "回复" };
  const box = element("div", "source");
  box.append(element("span", "source-name", names[message.how]));
  const pre = element("pre", "", message.source);
  pre.tabIndex = 0;
  box.append(pre);
  return box;
}

function bubbleLine(side, text) {
  const line = element("div", `line ${side}`);
  const avatar = element("img", "avatar");
  Object.assign(avatar, { src: side === "citizen" ? "/static/person.svg" : "/static/icon.svg", alt: "", width: 40, height: 40 });
  const bubble = element("div", "bubble");
  bubble.append(element("span", "visually-hidden", side === "citizen" ? "我：" : "诉求通："));
  bubble.append(element("span", "text", text));
  line.append(avatar, bubble);
  return line;
}

/** One numbered message as a list item. */
export function messageItem(message) {
  const item = element("li", `message ${message.side}`);
  item.dataset.number = message.number;
  if (message.side === "notice") {
    item.append(element("p", "notice-text", message.text));
    if (message.detail) item.append(element("p", "notice-detail", `原因：${message.detail}`));
  } else {
    item.append(bubbleLine(message.side, message.text));
  }
  const took = message.side === "citizen" ? "" : tookText(message);
  if (took) item.append(element("p", "took", took));
  if (message.source) item.append(sourceBox(message));
  return item;
}

/** The citizen's own text before the simulator has confirmed it. */
export function pendingItem(ref, text) {
  const item = element("li", "message citizen pending");
  item.dataset.ref = ref;
  item.append(bubbleLine("citizen", text));
  return item;
}

/** Marks a pending message as not sent, with a button to try again. */
export function markUnsent(item, reason, retry) {
  item.classList.replace("pending", "unsent");
  const button = element("button", "retry", "重新发送");
  button.type = "button";
  button.addEventListener("click", retry);
  const note = element("p", "took", `没有发出去：${reason} `);
  note.append(button);
  item.append(note);
}

/** A centred line that belongs to nobody. */
export function noteItem(text) {
  const item = element("li", "message notice");
  item.append(element("p", "notice-text", text));
  return item;
}

/** A time stamp, or null when the last one is still near enough. */
export function stampItem(time, previous) {
  if (previous !== null && time - previous < STAMP_GAP) return null;
  return element("li", "stamp", stampText(time));
}
