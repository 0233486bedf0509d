// The explorer: which latents stand for a letter, which absorb it, and the words behind both.
//
// EXPLORER comes from explorer-data.js. What is shown is in the address (#model=…&letter=s), so that a link leads
// to it and the browser's buttons work: controls change the address, and the page is drawn from the address. What it is
// built of is in elements.js.

const SHOWN_AT_FIRST = 100; // rows; a phone draws these at once
const CHOICES = ["model", "recipe", "sparsity", "letter"];

const entries = EXPLORER.files.flatMap((file) => file.entries.map((entry) => ({ ...entry, file })));
const columnsOf = EXPLORER.columns;

/** What the address asks for, each choice replaced by the nearest that exists. */
function wanted() {
  const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  let left = entries;
  const state = { ...asked };
  for (const name of ["model", "recipe", "sparsity"]) {
    const options = unique(left.map((entry) => entry[name]));
    state[name] = options.includes(asked[name]) ? asked[name] : options[0];
    left = left.filter((entry) => entry[name] === state[name]);
  }
  state.entry = left[0];
  const letters = Object.keys(state.entry.letters);
  state.letter = letters.includes(asked.letter) ? asked.letter : letters.includes("s") ? "s" : letters[0];
  const sort = columnsOf.rows.includes(asked.sort) ? asked.sort : "absorbed";
  return { ...state, sort, order: asked.order === "up" ? "up" : "down", find: asked.find ?? "", only: asked.only === "absorbed" };
}

/** Write choices into the address. A new choice can be undone with the browser's back button, typing cannot. */
function choose(changes, typing = false) {
  const state = wanted();
  const next = { ...Object.fromEntries(CHOICES.map((name) => [name, state[name]])), sort: state.sort, order: state.order };
  if (state.find) next.find = state.find;
  if (state.only) next.only = "absorbed";
  Object.assign(next, changes);
  const kept = Object.entries(next).filter(([, value]) => value !== "" && value !== null);
  const hash = `#${new URLSearchParams(kept)}`;
  if (!typing) {
    if (hash === location.hash) draw();
    else location.hash = hash; // draws through hashchange
    return;
  }
  history.replaceState(null, "", hash);
  draw();
}

/** A labelled list of options; what all of them start with stands in the label, so that a narrow list shows where they differ. */
function picker(name, label, options, value) {
  const shared = sharedStart(options);
  const list = make("select", { id: `explorer-${name}`, onchange: (event) => choose({ [name]: event.target.value }) });
  for (const option of options) list.append(make("option", { value: option, selected: option === value }, option.slice(shared.length)));
  const words = shared ? `${label}: ${shared.replace(/[,; ]+$/, "")}, …` : label;
  return make("div", { class: "explorer-choice" }, make("label", { for: list.id }, words), list);
}

/** The whole clauses (up to a comma or semicolon) with which all texts start; nothing of a single one. */
function sharedStart(texts) {
  if (texts.length < 2) return "";
  let length = 0;
  while (texts.every((text) => length < text.length && text[length] === texts[0][length])) length += 1;
  return texts[0].slice(0, length).match(/^.*[,;] /)?.[0] ?? "";
}

/** Twenty-six buttons of one group: arrow keys move in it. A bar under each says how much of it is absorbed. */
function letterPicker({ entry, letter }) {
  const group = make("fieldset", { class: "explorer-letters" }, make("legend", {}, "Letter"));
  const share = ([, of]) => (of.judged ? absorbed(of) / of.judged : 0);
  const most = Math.max(0.01, ...Object.entries(entry.letters).map(share));
  for (const [name, of] of Object.entries(entry.letters)) {
    const id = `explorer-letter-${name}`;
    const input = make("input", {
      type: "radio", name: "explorer-letter", id, value: name, checked: name === letter,
      onchange: () => choose({ letter: name }),
    });
    const bar = make("span", { class: "explorer-bar", style: `height:${Math.round((100 * share([name, of])) / most)}%` });
    const title = `${absorbed(of)} of ${of.judged} words absorbed in full`;
    group.append(make("span", { class: "explorer-letter" }, input, make("label", { for: id, title }, bar, make("span", {}, name.toUpperCase()))));
  }
  return group;
}

const absorbed = (of) => of.rows.filter((row) => row[5]).length;

function mainLatents(of) {
  const caption = of.main.length === 1 ? "Main latent: one" : `Main latents: ${of.main.length}, the letter is split`;
  return table(caption, columnsOf.main.slice(0, 5),
    of.main.map((row) => [`${row[0]}`, ...row.slice(1, 5)]), of.main.map((row) => [["top words", row[5]]]));
}

/** Absorbing latents, those that swallow most words first; a button shows a latent's rows below. */
function absorbingLatents(of) {
  const swallowed = (latent) => of.rows.filter((row) => row[1] === latent && row[5]).map((row) => row[0]);
  const latents = of.absorbing.map(([latent, cosine, top]) => ({ latent, cosine, top, words: swallowed(latent) }));
  latents.sort((a, b) => b.words.length - a.words.length || b.cosine - a.cosine);
  if (!latents.length) return make("p", {}, "No word of this letter is absorbed in full.");
  const button = (latent) => make("button", {
    type: "button", class: "explorer-link", title: "show its rows below", onclick: () => choose({ find: `${latent}` }),
  }, `${latent}`);
  return table(`Absorbing latents: ${latents.length}`, ["latent", "cosine", "words swallowed"],
    latents.map(({ latent, cosine, words }) => [button(latent), cosine, words.length]),
    latents.map(({ words, top }) => [["swallowed", words], ["top words", top]]));
}

/** The silent words that pass the filter, in the order asked for. A number finds a latent, other text a part of a word. */
function chosenRows({ sort, order, find, only }, of) {
  const text = find.trim().toLowerCase();
  const passes = (row) => (!only || row[5]) && (/^\d+$/.test(text) ? `${row[1]}` === text : row[0].toLowerCase().includes(text));
  const at = columnsOf.rows.indexOf(sort);
  const up = order === "up" ? 1 : -1;
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  return of.rows.filter(passes).sort((a, b) => up * compare(a[at], b[at]) || b[4] - a[4] || compare(a[0], b[0]));
}

function rowTable(state, of, all) {
  const rows = chosenRows(state, of);
  const head = columnsOf.rows.map((name) => {
    const isSorted = name === state.sort;
    const turned = isSorted && state.order === "down" ? "up" : "down";
    const mark = isSorted ? (state.order === "up" ? " ▲" : " ▼") : "";
    const button = make("button", { type: "button", id: `explorer-sort-${name}`, onclick: () => choose({ sort: name, order: turned }) }, name + mark);
    return make("th", { scope: "col", "aria-sort": isSorted ? (state.order === "up" ? "ascending" : "descending") : "none" }, button);
  });
  const visible = all ? rows : rows.slice(0, SHOWN_AT_FIRST);
  const body = visible.map((row) => [row[0], `${row[1]}`, ...row.slice(2, 5), row[5] ? "yes" : "no"]);
  const place = make("div", { id: "explorer-rows" }, table(`Words on which no main latent fires: ${rows.length} of ${of.rows.length}`, head, body));
  if (visible.length < rows.length) {
    const more = () => place.replaceWith(rowTable(state, of, true));
    place.append(make("button", { type: "button", class: "explorer-button", onclick: more }, `Show all ${rows.length}`));
  }
  return place;
}

/** The rows as they are shown, with what they belong to, as a file. */
function download(state, of) {
  const names = ["model", "recipe", "sparsity", "letter", ...columnsOf.rows];
  const fixed = CHOICES.map((name) => state[name]);
  const quoted = (value) => `"${`${value}`.replaceAll('"', '""')}"`;
  const lines = [names, ...chosenRows(state, of).map((row) => [...fixed, ...row])].map((row) => row.map(quoted).join(","));
  const link = make("a", {
    href: URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" })),
    download: `${fixed.join("-").replace(/[^A-Za-z0-9]+/g, "-")}.csv`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function summary(state, of) {
  const about = Object.entries(state.entry.about).map(([name, value]) => `${name} ${value}`).join(", ");
  const best = Math.max(0, ...of.main.map((row) => row[3]));
  return make("p", { id: "explorer-summary", "aria-live": "polite" },
    `This SAE: ${about}. Of ${of.judged} held-out words with ${state.letter.toUpperCase()} that the probe finds (its F1: ${shown(of.probe_f1)}; best latent: ${shown(best)}), `,
    make("strong", {}, `the main latents are silent on ${of.silent} (${percent(of.silent, of.judged)})`), ", and ",
    make("strong", {}, `${absorbed(of)} ${absorbed(of) === 1 ? "is" : "are"} absorbed in full (${percent(absorbed(of), of.judged)})`), ".");
}

function filters(state, of) {
  const find = make("input", { type: "search", id: "explorer-find", value: state.find, placeholder: "part of a word, or a latent's number", oninput: (event) => choose({ find: event.target.value }, true) });
  const only = make("input", { type: "checkbox", id: "explorer-only", checked: state.only, onchange: (event) => choose({ only: event.target.checked ? "absorbed" : "" }) });
  return make("div", { class: "explorer-controls" },
    make("div", { class: "explorer-choice" }, make("label", { for: find.id }, "Filter"), find),
    make("div", {}, only, make("label", { for: only.id }, "absorbed only")),
    make("button", { type: "button", class: "explorer-button", id: "explorer-download", onclick: () => download(state, of) }, "Download as CSV"));
}

/** Draw everything anew, and put the keyboard back where it was. */
function draw() {
  const place = document.querySelector(".explorer");
  const state = wanted();
  const of = state.entry.letters[state.letter];
  const focused = document.activeElement?.id;
  const caret = document.activeElement?.selectionStart;
  const options = (name, ...fixed) =>
    unique(entries.filter((entry) => fixed.every((other) => entry[other] === state[other])).map((entry) => entry[name]));
  place.replaceChildren(
    make("div", { class: "explorer-controls" },
      picker("model", "Model", options("model"), state.model),
      picker("recipe", "Recipe", options("recipe", "model"), state.recipe),
      picker("sparsity", "Sparsity", options("sparsity", "model", "recipe"), state.sparsity)),
    letterPicker(state), summary(state, of),
    make("div", { class: "explorer-sides" }, mainLatents(of), absorbingLatents(of)),
    filters(state, of), rowTable(state, of, false));
  const again = focused && document.getElementById(focused);
  if (!again || !place.contains(again)) return;
  again.focus({ preventScroll: true });
  if (again.type === "search") again.setSelectionRange(caret, caret);
}

addEventListener("hashchange", draw);
if (entries.length) draw();
else document.querySelector(".explorer").textContent = "No notebook has written entries for the explorer yet.";
