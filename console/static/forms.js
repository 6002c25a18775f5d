// Forms made of a list of fields, with errors beside the fields they belong to.

import { button, el, fill } from "./dom.js";
import { leave } from "./shell.js";

let count = 0;

/**
 * A form. A field: {name, label, kind, required, hint, value, choices, attributes}, kind one of
 * "text" (default), "password", "month", "number", "area", "select", "check", "checks", "file".
 * `onSubmit(values)` may throw an ApiError, which is shown. Options: `submit` (words of the
 * button), `onCancel`, `onInput(values)`, `danger`, `compact`.
 */
export function makeForm(fields, onSubmit, options = {}) {
  const alert = el("p", { class: "alert", role: "alert", hidden: true });
  const controls = fields.map(makeField);
  const submit = el("button", { type: "submit", class: options.danger ? "danger" : "primary" },
    options.submit ?? "确定");
  const form = el("form", { method: "post", novalidate: true, class: options.compact ? "compact" : "" },
    alert, ...controls.map((each) => each.node),
    el("p", { class: "form-buttons" }, submit,
      options.onCancel && button("取消", options.onCancel)));
  const values = () => Object.fromEntries(controls.map((each) => [each.name, each.value()]));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    alert.hidden = true;
    controls.forEach((each) => each.blame(""));
    const missing = controls.filter((each) => each.isMissing());
    if (missing.length) {
      missing.forEach((each) => each.blame(`请填写${each.label}`));
      missing[0].focus();
      return;
    }
    form.setAttribute("aria-busy", "true");
    try {
      await onSubmit(values(), form);
    } catch (error) {
      if (leave(error)) return;
      show(error);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
  if (options.onInput) form.addEventListener("input", () => options.onInput(values()));

  function show(error) {
    alert.textContent = error.message;
    alert.hidden = false;
    let first = null;
    for (const { field, message } of error.details ?? []) {
      const control = controls.find((each) => each.name === field);
      control?.blame(message);
      first ??= control;
    }
    (first ?? submit).focus();
  }

  return {
    node: form,
    values,
    focus: () => controls[0]?.focus(),
    clear: () => form.reset(),
    /** Show these values, and nothing where there is none. */
    set: (wanted) => controls.forEach((each) => each.set(wanted[each.name])),
  };
}

function makeField(field) {
  const { name, label, kind = "text", required = false, hint } = field;
  const id = `field-${++count}`;
  const problem = el("span", { class: "problem", id: `${id}-problem`, hidden: true });
  const note = hint && el("span", { class: "hint", id: `${id}-hint` }, hint);
  const described = [hint && `${id}-hint`, `${id}-problem`].filter(Boolean).join(" ");
  const control = makeControl(field, kind, {
    id, name, "aria-describedby": described, "aria-required": required ? "true" : null,
    ...field.attributes,
  });
  const mark = required ? "must" : null;
  let node;
  if (kind === "check") {
    node = el("div", { class: "field check" }, control, el("label", { for: id, class: mark }, label), note, problem);
  } else if (kind === "checks") {
    node = el("fieldset", { class: "field" }, el("legend", { class: mark }, label), note, control, problem);
  } else {
    node = el("div", { class: `field ${kind}` }, el("label", { for: id, class: mark }, label), note, control, problem);
  }
  const value = () => read(control, kind);
  return {
    name, label, node, value,
    set(wanted) {
      if (kind === "check") control.checked = Boolean(wanted);
      else control.value = wanted ?? "";
    },
    isMissing: () => required && kind !== "file" ? !String(value()).trim() : required && !value(),
    focus: () => (kind === "checks" ? control.querySelector("input") : control).focus(),
    blame(words) {
      problem.textContent = words;
      problem.hidden = !words;
      if (words) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

function makeControl({ value, choices = [] }, kind, attributes) {
  if (kind === "area") {
    const area = el("textarea", { rows: 4, ...attributes });
    area.defaultValue = value ?? "";
    return area;
  }
  if (kind === "select") {
    const options = choices.map(([code, words]) => el("option", { value: code, selected: code === value }, words));
    return el("select", attributes, ...options);
  }
  if (kind === "checks") {
    const boxes = choices.map(([code, words]) => el("label", { class: "box" },
      el("input", { type: "checkbox", value: code, checked: (value ?? []).includes(code) }), words));
    return el("div", { class: "checks", id: attributes.id }, ...boxes);
  }
  if (kind === "check") return el("input", { type: "checkbox", checked: Boolean(value), ...attributes });
  return el("input", { type: kind, value: kind === "file" ? null : value, ...attributes });
}

function read(control, kind) {
  if (kind === "check") return control.checked;
  if (kind === "file") return control.files[0] ?? null;
  if (kind === "checks") return [...control.querySelectorAll("input:checked")].map((box) => box.value);
  return control.value;
}

/** A button that becomes a form in the same place, and a button again when it is left. */
export function behindButton(words, makeContent, properties = {}) {
  const place = el("div", { class: "behind" });
  const opener = button(words, open, properties);
  function close() {
    fill(place, opener);
    opener.focus();
  }
  function open() {
    const content = makeContent(close);
    fill(place, content.node);
    content.focus();
  }
  return fill(place, opener);
}
