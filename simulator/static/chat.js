/** The chat page: one conversation, kept in step with the simulator. */

import * as api from "./api.js";
import { markUnsent, messageItem, noteItem, pendingItem, stampItem } from "./view.js";

const OPENID_KEY = "suqiu.openid";
const XML_KEY = "suqiu.showXml";
const BOT_DOWN = "机器人还没启动，请稍等或检查启动窗口";
const CHECK_EVERY = 3000;

const $ = (id) => document.getElementById(id);
const [title, banner, scroller, welcome, log, typing] =
  ["title", "banner", "scroller", "welcome", "log", "typing"].map($);
const [composer, input, send, tools, shade] = ["composer", "input", "send", "tools", "shade"].map($);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The conversation on screen. Replaced as a whole when the citizen changes. */
let chat = newChat(null);
let botCheck = 0;

function newChat(openid) {
  return { openid, last: 0, stamped: null, typing: false, waiting: 0, stop: new AbortController() };
}

// Drawing ------------------------------------------------------------------------------------

function toBottom() {
  scroller.scrollTop = scroller.scrollHeight;
}

function stamp(time, before = null) {
  const item = stampItem(time, chat.stamped);
  if (!item) return;
  chat.stamped = time;
  log.insertBefore(item, before);
}

function add(item) {
  welcome.hidden = true;
  log.append(item);
  toBottom();
}

/** Draws news; messages seen before are skipped, as they come by two ways. */
function take(news) {
  for (const message of news.messages) {
    if (message.number <= chat.last) continue;
    chat.last = message.number;
    const own = message.ref && log.querySelector(`[data-ref="${CSS.escape(message.ref)}"]`);
    if (own) {
      own.replaceWith(messageItem(message));
    } else {
      stamp(message.time);
      add(messageItem(message));
    }
  }
  chat.typing = news.typing;
  if (news.messages.length) toBottom();
  drawTyping();
}

function drawTyping() {
  const on = chat.waiting > 0 || chat.typing;
  title.textContent = on ? "对方正在输入…" : title.dataset.account;
  if (typing.hidden === on) {
    typing.hidden = !on;
    if (on) toBottom();
  }
}

function warn(text) {
  banner.textContent = text;
  banner.hidden = !text;
}

// Talking ------------------------------------------------------------------------------------

async function say(text) {
  const here = chat;
  const ref = Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(36)).join("");
  stamp(Date.now() / 1000);
  const item = pendingItem(ref, text);
  add(item);
  here.waiting += 1;
  drawTyping();
  try {
    const answer = await api.sendText(here.openid, text, ref);
    here.waiting -= 1;
    if (here !== chat) return;
    take(answer);
    if (answer.delivery.problem === "unreachable") watchBot();
  } catch (error) {
    here.waiting -= 1;
    if (here !== chat) return;
    drawTyping();
    markUnsent(item, error.message, () => {
      item.remove();
      say(text);
    });
    toBottom();
  }
}

async function listen(here) {
  let delay = 500;
  while (here === chat) {
    try {
      const news = await api.waitForNews(here.openid, here.last, here.typing, here.stop.signal);
      if (here !== chat) return;
      if (delay > 500) watchBot();
      delay = 500;
      take(news);
    } catch (error) {
      if (here !== chat) return;
      if (error.status === 404) {
        resume(here.openid);
        return;
      }
      warn(error.message);
      await pause(delay);
      delay = Math.min(delay * 2, 5000);
    }
  }
}

/** Looks after the bot until it is up, and says so meanwhile. */
async function watchBot() {
  const mine = ++botCheck;
  while (mine === botCheck) {
    let up;
    try {
      up = await api.botIsUp();
    } catch (error) {
      warn(error.message);
      return;
    }
    if (mine !== botCheck) return;
    warn(up ? "" : BOT_DOWN);
    $("bot").textContent = up ? "已连接" : "还没启动";
    $("bot").dataset.state = up ? "up" : "down";
    if (up) return;
    await pause(CHECK_EVERY);
  }
}

// Citizens -----------------------------------------------------------------------------------

function show(openid) {
  chat.stop.abort();
  chat = newChat(openid);
  localStorage.setItem(OPENID_KEY, openid);
  $("openid").textContent = openid;
  log.replaceChildren();
  welcome.hidden = false;
  drawTyping();
  listen(chat);
}

/** The same citizen after the simulator was restarted: the bot still knows the openid. */
async function resume(openid) {
  const had = log.childElementCount > 0;
  await openAnyhow(openid);
  if (had) add(noteItem("模拟器重新启动过，之前的聊天记录没有保留"));
  watchBot();
}

async function openAnyhow(openid) {
  for (let delay = 500; ; delay = Math.min(delay * 2, 5000)) {
    try {
      show((await api.openPhone(openid)).openid);
      return;
    } catch (error) {
      // A remembered openid of a wrong form is of no use: start as somebody new.
      if (error.status === 400 && openid) openid = null;
      else warn(error.message);
      await pause(delay);
    }
  }
}

// Controls -----------------------------------------------------------------------------------

function fit() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
  send.disabled = !input.value.trim();
}

function submit() {
  const text = input.value.trim();
  if (!text || !chat.openid) return;
  input.value = "";
  fit();
  say(text);
  input.focus();
}

function toggleTools(open) {
  tools.classList.toggle("open", open);
  shade.hidden = !open;
  $("open-tools").setAttribute("aria-expanded", String(open));
  (open ? $("close-tools") : $("open-tools")).focus();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
input.addEventListener("input", fit);
input.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter picks a word. Safari ends the composition before
  // it tells of the key and then marks it only by the code 229.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});
for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => chat.openid && say(example.textContent));
}
$("open-tools").addEventListener("click", () => toggleTools(true));
$("close-tools").addEventListener("click", () => toggleTools(false));
shade.addEventListener("click", () => toggleTools(false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && tools.classList.contains("open")) toggleTools(false);
});
$("renew").addEventListener("click", async () => {
  $("renew").disabled = true;
  await openAnyhow(null);
  $("renew").disabled = false;
  if (tools.classList.contains("open")) toggleTools(false);
  input.focus();
});
$("show-xml").addEventListener("change", (event) => {
  localStorage.setItem(XML_KEY, event.target.checked ? "1" : "");
  document.body.classList.toggle("show-xml", event.target.checked);
});

function tick() {
  const now = new Date();
  $("clock").textContent = `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
}

$("show-xml").checked = localStorage.getItem(XML_KEY) === "1";
document.body.classList.toggle("show-xml", $("show-xml").checked);
tick();
setInterval(tick, 10_000);
watchBot();

const remembered = localStorage.getItem(OPENID_KEY);
if (remembered) show(remembered);
else openAnyhow(null);
