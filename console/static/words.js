// The Chinese words for the API's codes, as the console's server gives them.

let known = null;

/** To be awaited once before any other function here is called. */
export async function loadWords() {
  if (known) return known;
  const answer = await fetch("/console/words.json");
  if (!answer.ok) throw new Error("工作台的词表没有取到，请刷新页面");
  known = await answer.json();
  return known;
}

export function words() {
  return known;
}

/** Pairs [code, word] for a select. */
export function choices(table) {
  return Object.entries(known[table]);
}

export function departmentChoices() {
  return known.departments.map(({ code, short, scope }) => [code, `${short}（${scope}）`]);
}

export function department(code) {
  return known.departments.find((each) => each.code === code)?.short ?? code;
}

export function departments(codes) {
  return codes.map(department).join("、");
}

export function word(table, code) {
  return known[table][code] ?? code;
}

/** "department:lin" → "承办部门 lin". */
export function actor(text) {
  const [role, ...name] = text.split(":");
  return [word("roles", role), name.join(":")].filter(Boolean).join(" ");
}

/** Whether a page offers this role the step from state to state. */
export function mayStep(role, from, to) {
  return known.steps.some(([a, b, roles]) =>
    a === from && b === to && (role === "admin" || roles.includes(role)));
}
