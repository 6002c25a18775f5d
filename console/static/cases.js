// The list on the left, the case on the right; on a phone one after the other.

import { caseAddress } from "./case_row.js";
import { makeList } from "./case_list.js";
import { makeCaseView } from "./case_view.js";
import { start } from "./shell.js";

start(async (session) => {
  const desk = document.getElementById("desk");
  const list = makeList(session, {
    onOpen: open,
    onFilter: (query) => go(shownCase(), query),
  });
  const view = makeCaseView(document.getElementById("case"), session, {
    onChanged: () => list.reload(),
    onBack() {
      const last = shownCase();
      go(null, location.search.slice(1));
      showCase(null);
      desk.querySelector(`.row[data-id="${CSS.escape(last ?? "")}"]`)?.focus();
    },
    onOpen: open,
  });

  function go(caseId, query) {
    const path = caseId ? caseAddress(caseId) : "/console";
    history.pushState(null, "", query ? `${path}?${query}` : path);
  }

  function open(caseId) {
    go(caseId, location.search.slice(1));
    showCase(caseId);
  }

  function showCase(caseId) {
    desk.dataset.shown = caseId ? "case" : "list";
    list.mark(caseId);
    if (caseId) {
      window.scrollTo(0, 0);
      document.getElementById("case").scrollTop = 0;
      view.show(caseId);
    } else view.clear();
  }

  function showAddress() {
    showCase(shownCase());
    return list.show(Object.fromEntries(new URLSearchParams(location.search)));
  }

  addEventListener("popstate", showAddress);
  await showAddress();
});

/** The case in the address, or null. */
function shownCase() {
  const found = /^\/console\/cases\/([^/]+)$/.exec(location.pathname);
  return found && decodeURIComponent(found[1]);
}
