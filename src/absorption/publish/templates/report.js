// The report on one SAE or several: what each absorbs of each label, beside half-spaces that mean nothing.
//
// The data stand in the page. What is shown is in the address (#sae=0&label=s&find=…), as in the explorer; elements.js comes first.

const SHOWN_AT_FIRST = 100; // words; a phone draws these at once
const REPORTS = JSON.parse(document.getElementById("data").textContent);
const KINDS = { label: "label", free: "free half-spaces", matched: "matched half-spaces" };
const ARROWS = { high: "↑", low: "↓", one: "→ 1" };
const GOOD = { high: "high is good", low: "low is good", one: "one is good" };

const isRate = (name) => ["silent", "full", "fraction", "causal"].includes(name);
const written = (name, value) => (value === null || value === undefined ? "n/a" : isRate(name) ? `${(100 * value).toFixed(1)}%` : value.toFixed(2));
const between = (name, number) => (number.low === null ? "" : ` (${written(name, number.low)} to ${written(name, number.high)})`);
const whole = (name, number) => written(name, number.value) + between(name, number);

/** What the address asks for, each choice replaced by one that exists. */
function wanted() {
  const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const at = REPORTS[asked.sae] ? Number(asked.sae) : 0;
  const { report } = REPORTS[at];
  const names = report.labels.map((each) => each.label);
  const rated = report.labels.find((each) => !each.not_available);
  const label = names.includes(asked.label) ? asked.label : (rated ?? report.labels[0]).label;
  return { at, report, label, of: report.labels.find((each) => each.label === label), find: asked.find ?? "", only: asked.only === "absorbed" };
}

function choose(changes, typing = false) {
  const { at, label, find, only } = wanted();
  const next = { sae: `${at}`, label, find, only: only ? "absorbed" : "", ...changes };
  const hash = `#${new URLSearchParams(Object.entries(next).filter(([, value]) => value !== ""))}`;
  if (typing) {
    history.replaceState(null, "", hash);
    draw();
  } else if (hash === location.hash) draw();
  else location.hash = hash; // draws through hashchange
}

const metricsOf = (report) => report.metrics.filter(({ name }) => name in report.overall);

function saePicker({ at }) {
  if (REPORTS.length === 1) return "";
  const list = make("select", { id: "report-sae", onchange: (event) => choose({ sae: event.target.value }) });
  REPORTS.forEach(({ report }, i) => list.append(make("option", { value: `${i}`, selected: i === at }, report.sae.name)));
  return make("div", { class: "explorer-controls" }, make("div", { class: "explorer-choice" }, make("label", { for: list.id }, "SAE"), list));
}

/** One row an SAE: rates of the labels, and in brackets those of matched half-spaces. */
function sideBySide() {
  if (REPORTS.length === 1) return "";
  const metrics = metricsOf(REPORTS[0].report);
  const rows = REPORTS.map(({ report }, i) => [
    make("button", { type: "button", class: "explorer-link", onclick: () => choose({ sae: `${i}` }) }, report.sae.name),
    report.sae.explained_variance.toFixed(2), report.sae.l0.toFixed(1),
    ...metrics.map(({ name }) => {
      const beside = report.overall[name];
      return beside ? `${written(name, beside.label.value)} [${written(name, beside.matched.value)}]` : "n/a";
    }),
  ]);
  const head = ["SAE", "explained variance", "L0", ...metrics.map(({ title, good }) => `${title} ${ARROWS[good]}`)];
  return make("section", {}, make("h2", {}, "Side by side"), table("Means over labels; in brackets matched half-spaces", head, rows));
}

function overall({ report }) {
  const rows = metricsOf(report).map(({ name, title, good }) => {
    const { label, free, matched, difference } = report.overall[name];
    const theirs = report.overall_by_saebench[name];
    return [`${title} ${ARROWS[good]}`, whole(name, label), whole(name, free), whole(name, matched), whole(name, difference), theirs ? whole(name, theirs) : "–"];
  });
  const head = ["", "labels", "free half-spaces", "matched half-spaces", "labels less matched", `main latents as SAEBench ${report.versions["rule of SAEBench"]} chooses them`];
  const meanings = metricsOf(report).map(({ title, good, meaning }) => make("li", {}, make("strong", {}, title), ` (${GOOD[good]}): ${meaning}.`));
  return make("section", {}, make("h2", {}, "Overall"),
    table(`Means over ${report.labels.filter((each) => !each.not_available).length} labels, with 95% intervals over splits and words`, head, rows),
    make("details", {}, make("summary", {}, "What each line says"), make("ul", {}, ...meanings)));
}

function labelPicker({ report, label }) {
  const group = make("fieldset", { class: "explorer-letters" }, make("legend", {}, "Label"));
  const share = (each) => each.metrics.full?.label.value ?? 0;
  const most = Math.max(0.01, ...report.labels.map(share));
  for (const each of report.labels) {
    const id = `report-label-${each.label}`;
    const input = make("input", { type: "radio", name: "report-label", id, value: each.label, checked: each.label === label, onchange: () => choose({ label: each.label }) });
    const bar = make("span", { class: "explorer-bar", style: `height:${Math.round((100 * share(each)) / most)}%` });
    const title = each.not_available ?? `${written("full", share(each))} absorbed in full`;
    group.append(make("span", { class: "explorer-letter" }, input, make("label", { for: id, title }, bar, make("span", {}, each.label))));
  }
  return group;
}

function labelTable({ report, label }) {
  const metrics = metricsOf(report);
  const cell = (each, name) => {
    const beside = each.metrics[name];
    if (!beside) return "n/a";
    return `${written(name, beside.label.value)}${isRate(name) ? ` [${written(name, beside.matched.value)}]` : ""}`;
  };
  const rows = report.labels.map((each) => [
    make("button", { type: "button", class: "explorer-link", onclick: () => choose({ label: each.label }) }, each.label),
    each.judged, ...metrics.map(({ name }) => cell(each, name)),
  ]);
  const lacking = report.labels.map((each) => (each.not_available ? [["not available", [each.not_available]]] : []));
  const made = table("Each label; in brackets its matched half-spaces", ["label", "words", ...metrics.map(({ title, good }) => `${title} ${ARROWS[good]}`)], rows, lacking);
  for (const row of made.querySelectorAll("tbody tr")) if (row.cells[0].textContent === label) row.setAttribute("aria-current", "true");
  return make("details", { open: REPORTS.length === 1 }, make("summary", {}, "All labels"), made);
}

/** For each rate the label's bar and those of its half-spaces, with intervals. */
function bars({ report, of }) {
  const rates = metricsOf(report).filter(({ name }) => isRate(name) && of.metrics[name]);
  const highest = Math.max(0.05, ...rates.flatMap(({ name }) => Object.keys(KINDS).map((kind) => of.metrics[name][kind].high ?? of.metrics[name][kind].value ?? 0)));
  const place = (value) => `${((100 * value) / highest).toFixed(1)}%`;
  const cells = rates.flatMap(({ name, title, good }) => [
    make("strong", {}, `${title}, ${GOOD[good]}`),
    ...Object.entries(KINDS).flatMap(([kind, words]) => {
      const number = of.metrics[name][kind];
      const track = make("div", { class: "report-track" });
      if (number.value !== null) track.append(make("i", { class: kind, style: `width:${place(number.value)}` }));
      if (number.low !== null) track.append(make("b", { style: `left:${place(number.low)};width:${place(number.high - number.low)}` }));
      const what = kind === "label" ? of.label : words;
      return [make("span", {}, `${what} (${number.n})`), make("span", { class: "report-value" }, whole(name, number)), track];
    }),
  ]);
  return make("div", { class: "report-bars" }, ...cells);
}

function mainLatents({ report, of }) {
  const caption = `Main latents: ${of.main.length} in ${report.on.splits} splits; SAEBench ${report.versions["rule of SAEBench"]} would take ${of.main_by_saebench.join(", ") || "none"}`;
  return table(caption, ["latent", "splits", "precision", "recall", "F1", "cosine"],
    of.main.map((each) => [`${each.latent}`, each.splits, each.precision, each.recall, each.f1, each.cosine]),
    of.main.map((each) => [["strongest on", each.top_words]]));
}

function absorbers({ report, of }) {
  if (!of.absorbers.length) return make("p", {}, "No word of this label is absorbed in full.");
  const swallowed = (latent) => unique(report.words.filter((word) => word.label === of.label && word.full && word.latent === latent).map(({ word }) => word));
  const button = (latent) => make("button", { type: "button", class: "explorer-link", title: "show its words below", onclick: () => choose({ find: `${latent}` }) }, `${latent}`);
  return table(`Absorbing latents: ${of.absorbers.length}`, ["latent", "cosine", "words swallowed"],
    of.absorbers.map((each) => [button(each.latent), each.cosine, each.words]),
    of.absorbers.map((each) => [["swallowed", swallowed(each.latent)], ["strongest on", each.top_words]]));
}

function filters({ find, only }) {
  const field = make("input", { type: "search", id: "report-find", value: find, placeholder: "part of a word, or a latent's number", oninput: (event) => choose({ find: event.target.value }, true) });
  const box = make("input", { type: "checkbox", id: "explorer-only", checked: only, onchange: (event) => choose({ only: event.target.checked ? "absorbed" : "" }) });
  return make("div", { class: "explorer-controls" },
    make("div", { class: "explorer-choice" }, make("label", { for: field.id }, "Filter"), field),
    make("div", {}, box, make("label", { for: box.id }, "absorbed only")));
}

function wordTable(state, all = false) {
  const text = state.find.trim().toLowerCase();
  const passes = (word) => (!state.only || word.full) && (/^\d+$/.test(text) ? `${word.latent}` === text : word.word.toLowerCase().includes(text));
  const silent = state.report.words.filter((word) => word.label === state.label && word.silent);
  const rows = silent.filter(passes).sort((a, b) => b.full - a.full || b.share - a.share || a.word.localeCompare(b.word));
  const visible = all ? rows : rows.slice(0, SHOWN_AT_FIRST);
  const place = make("div", { id: "report-words" }, table(`Words on which no main latent fires: ${rows.length} of ${silent.length}`,
    ["word", "split", "latent", "activation", "cosine", "share", "absorbed"],
    visible.map((word) => [word.word, word.split, `${word.latent}`, word.activation, word.cosine, word.share, word.full ? "yes" : "no"])));
  if (visible.length < rows.length) {
    place.append(make("button", { type: "button", class: "explorer-button", onclick: () => place.replaceWith(wordTable(state, true)) }, `Show all ${rows.length}`));
  }
  return place;
}

function oneLabel(state) {
  const { report, of } = state;
  const parts = [make("h2", { id: "label" }, `Label: ${of.label}`)];
  if (of.not_available) parts.push(make("p", { class: "report-why" }, `Not available: ${of.not_available}.`));
  else parts.push(bars(state));
  if (of.main.length) parts.push(make("div", { class: "explorer-sides" }, mainLatents(state), of.not_available ? "" : absorbers(state)));
  if (!of.not_available) parts.push(filters(state), wordTable(state));
  return make("section", {}, ...parts);
}

function about({ report }) {
  const { sae, on, versions } = report;
  const left = Object.entries(on.left_out).map(([reason, n]) => `${n} (${reason})`).join(", ") || "none";
  const lines = {
    SAE: `${sae.name}: ${sae.architecture}, ${sae.d_sae} latents on ${sae.d_in} dimensions`,
    "how it was read": sae.notes.join(" ") || "as it is",
    "on these words": `explained variance ${sae.explained_variance.toFixed(3)}, L0 ${sae.l0.toFixed(1)}, never active ${(100 * sae.dead).toFixed(1)}%`,
    model: `${on.model}${on.layer === null ? "" : `, after ${on.layer} blocks`}; words read ${on.read}`,
    "its weights": on.identity,
    "the SAE's decoder": `sha256:${sae.decoder_sha256}`,
    task: `${on.task}: ${on.words} words; left out: ${left}`,
    design: `${on.splits} splits, ${on.half_spaces} half-spaces of each kind in each`,
    versions: Object.entries(versions).map((pair) => pair.join(" ")).join(", "),
  };
  return make("section", {}, make("h2", {}, "What was measured"),
    make("dl", { class: "report-about" }, ...Object.entries(lines).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])));
}

/** Draw everything anew, and put the keyboard back where it was. */
function draw() {
  const place = document.getElementById("report");
  const state = wanted();
  const focused = document.activeElement?.id;
  const caret = document.activeElement?.selectionStart;
  place.replaceChildren(
    sideBySide(), saePicker(state),
    ...REPORTS[state.at].sentences.map((sentence) => make("p", {}, sentence)),
    overall(state), labelTable(state), labelPicker(state), oneLabel(state), about(state));
  const again = focused && document.getElementById(focused);
  if (!again || !place.contains(again)) return;
  again.focus({ preventScroll: true });
  if (again.type === "search") again.setSelectionRange(caret, caret);
}

addEventListener("hashchange", draw);
draw();
