"use strict";
// The page of a run. Everything shown is made from `run` by functions of this file; what is
// unfolded and what is filtered is kept apart from it, so that news can be drawn over the old.
// Text becomes text nodes only.

const ROW = { goal: 0, time: 1, event: 2, by: 3, outcome: 4, message: 5, seconds: 6, line: 7, text: 8, reused: 9 };
const SUCCESS = new Set(["proved", "compiled", "verified", "refuted", "checked"]);
const UNDECIDED = new Set(["timeout", "heartbeats", "memory", "crash", "lost"]);
const TRIES = new Set(["attempt", "sketch", "assembled"]);
const VERDICTS = ["verified", "proved", "open", "unproved", "refuted", "inconclusive", "unsupported"];
const POLL_MS = 1500, POLL_FINISHED_MS = 10000, QUIET_MS = 30000, LATEST = 8, WAYS = 8, MESSAGES = 12;

const run = JSON.parse(document.getElementById("data").textContent);
run.rowsOf = new Map();     // goal -> its rows' places
run.sketchesOf = new Map(); // goal -> its sketches' ids
run.newsAt = -Infinity;     // when this page was last told of anything
const unfolded = new Map(); // key of a fold -> does the reader want it open?
const filters = { text: "", verdicts: new Set(), kinds: new Set(), messages: new Set(), order: "run" };

// Small things

function element(name, look, ...children) {
  const made = document.createElement(name);
  if (look) made.className = look;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

const word = (row, column) => run.strings[row[column]];
const seconds = (value) => (value < 0.0005 ? "0 s" : value < 9.95 ? `${value.toFixed(value < 0.1 ? 3 : 1)} s` : `${Math.round(value)} s`);
const plural = (count, what) => `${count} ${what}${count === 1 ? "" : what.endsWith("ch") ? "es" : "s"}`;

function clock(value) {
  const all = Math.round(value), hours = Math.floor(all / 3600), minutes = Math.floor(all / 60) % 60;
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

// A fold that remembers what the reader did with it, and is filled when it is first opened.
function fold(key, open, look, summary, fill) {
  const made = element("details", look, summary);
  made.dataset.key = key;
  const filled = () => { if (!made.dataset.filled) { made.dataset.filled = "1"; made.append(...fill().filter(Boolean)); } };
  made.open = unfolded.has(key) ? unfolded.get(key) : open;
  if (made.open) filled();
  summary.addEventListener("click", () => unfolded.set(key, !made.open));
  made.addEventListener("toggle", () => { if (made.open) filled(); });
  return made;
}

// What happened, by goal

function index(rows, sketches) {
  rows.forEach((row, place) => {
    const goal = word(row, ROW.goal);
    if (!run.rowsOf.has(goal)) run.rowsOf.set(goal, []);
    run.rowsOf.get(goal).push(place + run.rows.length - rows.length);
  });
  for (const [id, sketch] of Object.entries(sketches)) {
    if (!run.sketchesOf.has(sketch.goal)) run.sketchesOf.set(sketch.goal, []);
    const known = run.sketchesOf.get(sketch.goal);
    if (!known.includes(id)) known.push(id);
  }
}

const rowsOf = (goal) => (run.rowsOf.get(goal) || []).map((place) => run.rows[place]);
const sketchesOf = (goal) => run.sketchesOf.get(goal) || [];

// The kind of a failure; empty for what did not fail and for what was no try at the goal.
function kindOf(row) {
  const outcome = word(row, ROW.outcome);
  return SUCCESS.has(outcome) || !TRIES.has(word(row, ROW.event)) ? "" : outcome;
}

// How a message begins, up to the word that says it: attempts that failed alike have the same.
const beginnings = new Map();
function beginning(message) {
  if (!beginnings.has(message)) {
    const plain = message.replace(/`([^`]*)`/gu, (quoted, name) => (name.length < 14 ? quoted : "`…`")).split(/[:.,\n]| case | in | of /u)[0];
    const said = /^.*?\b(?:failed to synthesize|failed|goals|progress|mismatch)\b/u.exec(plain);
    beginnings.set(message, said ? said[0] : plain.split(" ").slice(0, 4).join(" "));
  }
  return beginnings.get(message);
}

const beginningOf = (row) => (kindOf(row) ? beginning(word(row, ROW.message)) : "");

function lookOf(row) {
  const outcome = word(row, ROW.outcome);
  return SUCCESS.has(outcome) ? (outcome === "checked" ? "soft" : "ok") : UNDECIDED.has(outcome) ? "odd" : "bad";
}

function* goalsBelow(goal) {
  if (!run.goals[goal]) return;
  yield goal;
  for (const sketch of sketchesOf(goal))
    for (const hole of run.sketches[sketch].holes) yield* goalsBelow(hole);
}

// Filters

const has = (text) => text && text.toLowerCase().includes(filters.text);
const saysIt = (row) => [ROW.by, ROW.message, ROW.text].some((column) => has(word(row, column)));
const within = (wanted, value) => !wanted.size || wanted.has(value);
const ofKind = (row) => within(filters.kinds, kindOf(row)) && within(filters.messages, beginningOf(row));
const byFailure = () => filters.kinds.size + filters.messages.size > 0;

function named(name) {
  const problem = run.problems[name];
  return [name, problem.statement, problem.by, problem.informal, problem.reason].some(has);
}

// Does a row pass? Of a problem that is itself what was searched for, every row does.
const passes = (row, name) => ofKind(row) && (!filters.text || named(name) || saysIt(row));

const shownProblem = (name) => {
  const problem = run.problems[name];
  if (filters.verdicts.size && !filters.verdicts.has(problem.verdict)) return false;
  if (!byFailure() && (!filters.text || named(name))) return true;
  return [...goalsBelow(problem.root)].some((goal) => shownGoal(goal));
};

const narrowed = (name) => byFailure() || Boolean(filters.text && !named(name));

function shownGoal(goal) {
  const name = run.goals[goal].problem;
  if (!narrowed(name)) return true;
  if (rowsOf(goal).some((row) => passes(row, name))) return true;
  if (filters.text && !byFailure() && has(run.goals[goal].statement)) return true;
  return sketchesOf(goal).some((id) => run.sketches[id].holes.some(shownGoal));
}

// The list of problems

function chosen() {
  const names = Object.keys(run.problems).filter(shownProblem);
  const by = {
    seconds: (a, b) => run.problems[b].seconds - run.problems[a].seconds,
    attempts: (a, b) => run.problems[b].attempts - run.problems[a].attempts,
    verdict: (a, b) => VERDICTS.indexOf(run.problems[a].verdict) - VERDICTS.indexOf(run.problems[b].verdict),
    name: (a, b) => (a < b ? -1 : 1),
  }[filters.order];
  return by ? names.sort(by) : names;
}

function problemLine(name) {
  const problem = run.problems[name];
  const by = element("span", "by", problem.by || problem.reason);
  if (problem.decomposed) by.append(" ", element("span", "tag", "by decomposition"));
  return element("summary", "",
    element("span", "name", name),
    element("span", `badge ${problem.verdict}`, problem.label), by,
    element("span", "num", plural(problem.attempts, "attempt")),
    element("span", "num", seconds(problem.seconds)));
}

function problemFold(name) {
  const made = fold(`problem ${name}`, false, "problem", problemLine(name), () => [problemBody(name)]);
  made.id = run.problems[name].id;
  return made;
}

function problemBody(name) {
  const problem = run.problems[name], body = element("div", "body");
  const links = problem.files.map(([what, path]) => {
    const link = element("a", "", what);
    link.href = path.split("/").map(encodeURIComponent).join("/");
    return link;
  });
  const said = [problem.source, problem.reason, problem.inconclusive && `inconclusive: ${problem.inconclusive}`].filter(Boolean);
  body.append(element("p", "sub", ...[...said, ...links].flatMap((part, place) => (place ? [" · ", part] : [part]))));
  if (problem.informal) body.append(element("p", "", problem.informal));
  body.append(element("h3", "", "Statement"), leanBlock([problem.header, problem.statement].filter(Boolean).join("\n\n")));
  if (problem.picture) body.append(fold(`picture ${name}`, true, "part", element("summary", "", "Proof graph"), () => [picture(problem.picture)]));
  if (run.goals[problem.root]) body.append(element("h3", "", "Goals and attempts"), goalFold(problem.root, true, ""));
  if (problem.proof) body.append(fold(`proof ${name}`, true, "part", element("summary", "", "Proof"), () => [leanBlock(problem.proof)]));
  return body;
}

function picture(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const box = element("div", "scroll", document.importNode(parsed, true));
  box.tabIndex = 0;
  return box;
}

// The AND/OR graph as folds

const MARKS = { proved: ["✓", "ok"], dead: ["✗", "bad"], open: ["…", "soft"] };

function mark(status, of) {
  const [sign, look] = MARKS[status];
  const made = element("span", `mark ${look}`, sign);
  made.setAttribute("aria-label", `${of} ${status}`);
  made.setAttribute("role", "img");
  return made;
}

// The statement without `theorem NAME`.
const signature = (statement) => statement.replace(/^\s*theorem\s+\S+\s*:?\s*/u, "").replace(/\s+/gu, " ");

function goalFold(id, open, route) {
  const goal = run.goals[id];
  const summary = element("summary", "", mark(goal.status, "goal"),
    element("code", "statement", signature(goal.statement)),
    element("span", "num soft", `${plural(goal.attempts, "attempt")}, ${seconds(goal.seconds)}`));
  return fold(`goal ${id}`, open || narrowed(goal.problem), `goal ${goal.status} ${route}`, summary, () => goalBody(id));
}

function goalBody(id) {
  const goal = run.goals[id], parts = [];
  const body = element("div", "inside");
  if (goal.refuted) body.append(element("p", "", element("span", "badge refuted", "refuted"), ` ${goal.refuted}`));
  if (goal.proof) body.append(fold(`by ${id}`, false, "part", element("summary", "", "proved by ", element("b", "", goal.proof.by)), () => [leanBlock(goal.proof.text)]));
  const rows = rowsOf(id).filter((row) => passes(row, goal.problem));
  if (rows.length) body.append(fold(`rows ${id}`, narrowed(goal.problem), "part", rowsLine(rows), () => [element("div", "rows", ...rows.map((row) => rowFold(id, row)))]));
  if (goal.statement.length > 90) body.append(fold(`statement ${id}`, false, "part", element("summary", "", "statement"), () => [leanBlock(goal.statement)]));
  const used = (sketch) => goal.sketch === sketch;
  for (const sketch of [...sketchesOf(id)].sort((a, b) => used(b) - used(a)))
    if (!narrowed(goal.problem) || run.sketches[sketch].holes.some(shownGoal)) body.append(sketchFold(sketch, used(sketch)));
  parts.push(body);
  return parts;
}

function rowsLine(rows) {
  const told = [...counted(rows.map(outcomeOf))].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
  return element("summary", "", `tried (${rows.length})`, element("span", "soft", ` ${told.join(", ")}`));
}

function rowFold(goal, row) {
  const place = run.rows.indexOf(row), text = word(row, ROW.text), message = word(row, ROW.message);
  const cost = word(row, ROW.reused) || seconds(row[ROW.seconds]);
  const summary = element("summary", "",
    element("span", `badge ${lookOf(row)}`, outcomeOf(row)),
    element("span", "by", word(row, ROW.by)),
    element("span", "message soft", message), element("span", "num soft", cost));
  return fold(`row ${place}`, false, "row", summary, () => [
    element("div", "inside",
      message ? element("p", "said", row[ROW.line] ? `line ${row[ROW.line]}: ` : "", message) : null,
      text ? leanBlock(text) : null,
      element("p", "sub", `${word(row, ROW.event)} at ${clock(row[ROW.time])}`)),
  ]);
}

function outcomeOf(row) {
  const outcome = word(row, ROW.outcome);
  return word(row, ROW.event) === "refutation" && !SUCCESS.has(outcome) ? `not refuted` : outcome;
}

function sketchFold(id, used) {
  const sketch = run.sketches[id];
  const summary = element("summary", "", mark(sketch.status, "sketch"), element("span", "by", sketch.by), used ? element("span", "tag", "its proof") : null,
    element("span", "num soft", plural(sketch.holes.length, "hole")));
  return fold(`sketch ${id}`, used || narrowed(run.goals[sketch.goal].problem), `sketch ${sketch.status} ${used ? "route" : ""}`, summary, () => [
    element("div", "inside", sketch.plan ? element("p", "sub", sketch.plan) : null, leanBlock(sketch.text),
      ...sketch.holes.filter(shownGoal).map((hole) => goalFold(hole, false, used ? "route" : ""))),
  ]);
}

// Filters, plots, the latest attempts

function counted(values) {
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
  return counts;
}

function chips(label, counts, wanted) {
  const group = element("div", "chips", element("span", "soft", label));
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  for (const [name, count, shown] of counts) {
    const button = element("button", "chip", shown || name, " ", element("b", "", String(count)));
    button.type = "button";
    button.dataset.value = name;
    button.setAttribute("aria-pressed", wanted.has(name));
    button.addEventListener("click", () => {
      if (!wanted.delete(name)) wanted.add(name);
      button.setAttribute("aria-pressed", wanted.has(name));
      drawList();
    });
    group.append(button);
  }
  return group;
}

function drawChips() {
  const verdicts = counted(Object.values(run.problems).map((problem) => problem.verdict));
  const labels = Object.fromEntries(Object.values(run.problems).map((problem) => [problem.verdict, problem.label]));
  const kinds = [...counted(run.rows.map(kindOf))].sort((a, b) => b[1] - a[1]);
  const messages = [...counted(run.rows.map(beginningOf))].sort((a, b) => b[1] - a[1]).slice(0, MESSAGES);
  const focused = document.activeElement && document.activeElement.dataset.value;
  const box = document.getElementById("chips");
  box.replaceChildren(
    chips("problems", VERDICTS.filter((v) => verdicts.has(v)).map((v) => [v, verdicts.get(v), labels[v]]), filters.verdicts),
    ...(kinds.length ? [chips("failures by kind", kinds, filters.kinds)] : []),
    ...(messages.length ? [chips("by message", messages, filters.messages)] : []));
  if (focused) [...box.querySelectorAll("button")].find((button) => button.dataset.value === focused)?.focus();
}

function toolbar() {
  const search = element("input");
  search.type = "search";
  search.id = "search";
  search.placeholder = "search names, statements, tactics, messages  ( / )";
  search.setAttribute("aria-label", "search");
  search.addEventListener("input", () => { filters.text = search.value.trim().toLowerCase(); drawList(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  const order = element("select");
  order.setAttribute("aria-label", "order");
  for (const [value, text] of [["run", "as in the run"], ["verdict", "by verdict"], ["seconds", "most Lean seconds first"], ["attempts", "most attempts first"], ["name", "by name"]]) {
    const option = element("option", "", text);
    option.value = value;
    order.append(option);
  }
  order.addEventListener("change", () => { filters.order = order.value; drawList(); });
  const chipsBox = element("div"), count = element("p", "sub");
  chipsBox.id = "chips";
  count.id = "count";
  count.setAttribute("role", "status");
  return [element("div", "toolbar", search, order), chipsBox, count];
}

function drawList() {
  const names = chosen(), all = Object.keys(run.problems).length;
  document.getElementById("list").replaceChildren(...names.map(problemFold));
  document.getElementById("count").textContent = names.length === all ? "" : `${names.length} of ${plural(all, "problem")} shown`;
}

// Only what the news touches is drawn again: the reader's place stays, and so does the focus.
function drawProblem(name) {
  const old = document.getElementById(run.problems[name].id);
  if (!old) return;
  const key = old.contains(document.activeElement) ? document.activeElement.closest("details")?.dataset.key : null;
  const made = problemFold(name);
  old.replaceWith(made);
  if (key) [made, ...made.querySelectorAll("details")].find((details) => details.dataset.key === key)?.querySelector("summary").focus();
}

function drawPlots() {
  const verified = Object.values(run.problems).map((problem) => problem.verified_at).filter((at) => at !== null).sort((a, b) => a - b);
  const tries = run.rows.filter((row) => TRIES.has(word(row, ROW.event)));
  const spent = [];
  let total = 0, next = 0;
  for (const row of run.rows) {
    while (next < verified.length && row[ROW.time] > verified[next]) { spent.push(total); next++; }
    total += row[ROW.seconds];
  }
  while (spent.length < verified.length) spent.push(total);
  const kinds = [...counted(tries.map((row) => word(row, ROW.outcome)))].sort((a, b) => b[1] - a[1]);
  const look = Object.fromEntries(tries.map((row) => [word(row, ROW.outcome), lookOf(row)]));
  const ways = new Map();
  for (const row of tries) {
    const by = word(row, ROW.by);
    if (!ways.has(by)) ways.set(by, { ok: 0, bad: 0, odd: 0 });
    ways.get(by)[lookOf(row)]++;
  }
  const best = [...ways].sort((a, b) => b[1].ok - a[1].ok || b[1].bad - a[1].bad).slice(0, WAYS);
  document.getElementById("plots").replaceChildren(...(tries.length ? [
    stepsPlot("Verified proofs over time", verified, run.elapsed, "seconds of the run"),
    stepsPlot("Verified proofs over Lean's time", spent, total, "Lean seconds"),
    barsPlot("Attempts and sketches by outcome", kinds.map(([name, count]) => [name, [[look[name], count]]])),
    barsPlot("Ways that succeeded most", best.map(([name, { ok, bad, odd }]) => [name, [["ok", ok], ["bad", bad], ["odd", odd]]])),
  ] : []));
}

function drawLatest() {
  const box = document.getElementById("latest");
  if (!run.live || run.finished) { box.replaceChildren(); return; }
  const rows = run.rows.slice(-LATEST).reverse().map((row) => element("div", "tick",
    element("span", "num soft", clock(row[ROW.time])), element("span", `badge ${lookOf(row)}`, outcomeOf(row)),
    element("span", "name", word(row, ROW.goal)), element("span", "by", word(row, ROW.by)),
    element("span", "message soft", word(row, ROW.message))));
  box.replaceChildren(element("h2", "part", "Latest attempts"), ...rows);
}

// Live

function state(text, look) {
  const box = document.getElementById("state");
  if (box.textContent === text) return;
  box.textContent = text;
  box.className = `state ${look}`;
}

function take(news) {
  run.strings.push(...news.strings);
  run.rows.push(...news.rows);
  for (const part of ["problems", "goals", "sketches"]) Object.assign(run[part], news[part]);
  for (const part of ["events", "finished", "elapsed"]) run[part] = news[part];
  index(news.rows, news.sketches);
  document.getElementById("subtitle").textContent = news.subtitle;
  for (const [name, html] of Object.entries(news.sections)) {
    const parsed = new DOMParser().parseFromString(html, "text/html").body;
    document.getElementById(`section-${name}`).replaceChildren(...parsed.childNodes);
  }
  drawChips();
  drawPlots();
  drawLatest();
  const listed = new Set([...document.querySelectorAll("#list > details")].map((details) => details.id));
  const names = chosen();
  if (names.length === listed.size && names.every((name) => listed.has(run.problems[name].id))) Object.keys(news.problems).forEach(drawProblem);
  else drawList();
}

// What is new, or null if the server does not answer.
async function news() {
  try {
    const answer = await fetch(`data.json?since=${run.events}&run=${encodeURIComponent(run.live)}`);
    if (answer.status === 409) location.reload();
    return answer.ok ? await answer.json() : null;
  } catch (error) {
    return null;
  }
}

async function poll() {
  const told = await news();
  if (told && told.events > run.events) {
    take(told);
    run.newsAt = Date.now();
  }
  if (told && run.finished) state("", "");
  else if (told && Date.now() - run.newsAt < QUIET_MS) state("● live", "ok");
  else if (told) state("○ waiting for news", "soft");
  else state("the server does not answer; this is what was known last", "bad");
  setTimeout(poll, run.finished ? POLL_FINISHED_MS : POLL_MS);
}

// Unfold the problem that the address names.
function goThere() {
  const id = decodeURIComponent(location.hash.slice(1)), made = id && document.getElementById(id);
  if (!made || made.tagName !== "DETAILS") return;
  unfolded.set(made.dataset.key, true);
  made.open = true;
  made.scrollIntoView();
}

index(run.rows, run.sketches);
document.getElementById("problems").replaceChildren(...toolbar(), element("div", "list"));
document.querySelector("#problems > .list").id = "list";
drawChips();
drawPlots();
drawLatest();
drawList();
goThere();
window.addEventListener("hashchange", goThere);
if (run.live) poll();
