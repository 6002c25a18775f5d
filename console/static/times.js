// Times as people in Foshan read them. The API gives ISO 8601 in Shanghai time.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const parts = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "numeric", day: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

function split(at) {
  return Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** "11月23日 09:15", with the year when it is not this one. */
export function moment(iso) {
  if (!iso) return null;
  const { year, month, day, hour, minute } = split(new Date(iso));
  const before = year === split(new Date()).year ? "" : `${year}年`;
  return `${before}${month}月${day}日 ${hour}:${minute}`;
}

/** "2026-11", this month in Shanghai. */
export function thisMonth() {
  const { year, month } = split(new Date());
  return `${year}-${month.padStart(2, "0")}`;
}

/** A length of time in one or two units. */
export function span(milliseconds) {
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  if (days >= 3 || (days && !hours)) return `${days} 天`;
  if (days) return `${days} 天 ${hours} 小时`;
  if (hours) return `${hours} 小时`;
  return `${Math.max(1, Math.floor(milliseconds / MINUTE))} 分钟`;
}

/**
 * How a deadline stands: {words, kind}, kind "late", "near" or "". `met` is when it was met, if it
 * was; else it runs.
 */
export function standing(due, met = null) {
  const left = new Date(due) - (met ? new Date(met) : new Date());
  if (met) return left < 0 ? { words: `晚了 ${span(-left)}`, kind: "late" } : { words: "按时", kind: "" };
  if (left < 0) return { words: `已超期 ${span(-left)}`, kind: "late" };
  return { words: `还有 ${span(left)}`, kind: left < DAY ? "near" : "" };
}
