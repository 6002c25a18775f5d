// Making elements. Text only ever goes in as text: nothing here reads markup.

/**
 * An element. Properties: `class`, `on` (listeners by event), `data` (dataset); booleans set or
 * leave out an attribute; anything else is an attribute. Children: nodes, texts, or nothing.
 */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (name === "data") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...present(children));
  return made;
}

/** Put these children in place of what `node` holds. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

export function button(words, onClick, properties = {}) {
  return el("button", { type: "button", ...properties, on: { click: onClick } }, words);
}

/** A list of names and values; pairs without a value are left out. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" },
    ...shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

export function badge(words, kind = "") {
  return el("span", { class: `badge ${kind}` }, words);
}

/** A short word at the edge of the window, also for screen readers. */
export function toast(words) {
  const place = document.getElementById("toast");
  place.textContent = words;
  place.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => place.classList.remove("shown"), 5000);
}

/** What went wrong, in the words of the API. */
export function trouble(error, again) {
  return el("p", { class: "alert", role: "alert" }, error.message ?? String(error), " ",
    again && button("重试", again, { class: "plain" }));
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false);
}
