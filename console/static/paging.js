// Going forth and back in a list whose pages are named by marks that the API gives.

/**
 * `load(mark, isLatest)` shows a page and gives the mark of the following one, or null. It shows
 * nothing when by the time of its answer `isLatest()` is false: another page was asked for.
 */
export function makePager(previous, next, load) {
  let marks = [null];
  let following = null;
  let asked = 0;
  let shown = 0;

  async function show() {
    const mine = ++asked;
    const found = await load(marks[marks.length - 1], () => mine === asked);
    if (mine !== asked) return;
    shown = mine;
    following = found;
    previous.disabled = marks.length < 2;
    next.disabled = following === null || following === undefined;
    previous.parentElement.hidden = previous.disabled && next.disabled;
  }
  async function turn(change) {
    if (shown !== asked) return; // the mark of the following page is still on its way
    change();
    await show();
    // The button that was pressed may be of no use now; the reading goes on at the top.
    previous.closest("section").querySelector(".rows a")?.focus();
  }
  next.addEventListener("click", () => turn(() => marks.push(following)));
  previous.addEventListener("click", () => turn(() => marks.pop()));
  return {
    reload: show,
    restart() {
      marks = [null];
      return show();
    },
  };
}

/** How many there are; the API counts to 1000 at most. */
export const MOST_COUNTED = 1000;
export function countWords(total) {
  return total >= MOST_COUNTED ? `${MOST_COUNTED} 件以上` : `${total} 件`;
}
