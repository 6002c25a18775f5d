// The buttons of a case, and the form of the one that was chosen. What somebody has written is kept
// until it is sent, also when the case has changed meanwhile.

import { actionsFor } from "./case_steps.js";
import { button, el, fill, toast } from "./dom.js";
import { makeForm } from "./forms.js";

const drafts = new Map();

/**
 * The actions of a case. `onDone(case)` after a success; `onStale(error, key)` when the case was
 * changed by somebody else. `openKey`: which form to open at once.
 */
export function makeActions(found, session, { onDone, onStale, openKey }) {
  const actions = actionsFor(found, session);
  const place = el("div", { class: "action-form" });
  const buttons = new Map();

  function close(action) {
    fill(place);
    buttons.get(action.key).setAttribute("aria-expanded", "false");
    buttons.get(action.key).focus();
  }

  function open(action) {
    const isOpen = buttons.get(action.key).getAttribute("aria-expanded") === "true";
    buttons.forEach((each) => each.setAttribute("aria-expanded", "false"));
    if (isOpen) {
      close(action);
      return;
    }
    buttons.get(action.key).setAttribute("aria-expanded", "true");
    const draftKey = `${found.case_id} ${action.key}`;
    const draft = drafts.get(draftKey) ?? {};
    const fields = action.fields.map((field) =>
      (field.kind !== "file" && field.name in draft ? { ...field, value: draft[field.name] } : field));
    const form = makeForm(fields, async (values) => {
      try {
        await action.run(values);
      } catch (error) {
        if (error.code !== "case_changed") throw error;
        node.inert = true;
        onStale(error, action.key);
        return;
      }
      drafts.delete(draftKey);
      // Until the case is shown anew: a form that is opened meanwhile would go away under the hands.
      node.inert = true;
      toast(`${action.label}：已完成`);
      onDone();
    }, {
      submit: action.label, danger: action.danger, onCancel: () => close(action),
      onInput: (values) => drafts.set(draftKey, values),
    });
    form.node.setAttribute("aria-label", action.label);
    form.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) close(action);
    });
    fill(place, form.node);
    form.focus();
  }

  for (const action of actions) {
    const isFirst = action.isStep && !action.danger && buttons.size === 0;
    buttons.set(action.key, button(action.label, () => open(action), {
      "aria-expanded": "false", class: isFirst ? "primary" : "", data: { action: action.key },
    }));
  }
  const steps = actions.filter(({ isStep }) => isStep).map(({ key }) => buttons.get(key));
  const others = actions.filter(({ isStep }) => !isStep).map(({ key }) => buttons.get(key));
  const node = el("section", { class: "actions", "aria-label": "操作" },
    steps.length > 0 && el("p", { class: "buttons" }, ...steps),
    el("p", { class: "buttons minor" }, ...others), place);
  return {
    node,
    /** Open the form that was open before, once the node is in the page. */
    resume() {
      const action = actions.find(({ key }) => key === openKey);
      if (action) open(action);
      return Boolean(action);
    },
  };
}
