// Elements that the explorer and the report on an SAE are built of; both load this first.

/** An element with attributes and children; a string child is text, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const unique = (values) => [...new Set(values)];
const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)}%` : "–");
const shown = (value) => (Number.isInteger(value) ? `${value}` : value.toFixed(2));

/** A table whose cells may be elements; each row may have lines of words below it, over its whole width. */
function table(caption, head, rows, linesBelow = []) {
  const cells = (row) => row.map((cell) => make("td", {}, typeof cell === "number" ? shown(cell) : cell));
  const line = ([name, words]) => make("tr", { class: "explorer-words" }, make("td", { colspan: head.length }, make("span", {}, `${name}: `), words.join(", ")));
  const body = (row, i) => [make("tr", {}, ...cells(row)), ...(linesBelow[i] ?? []).map(line)];
  return make(
    "div", { class: "explorer-scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {},
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...head.map((cell) => (cell instanceof Element ? cell : make("th", { scope: "col" }, cell))))),
      make("tbody", {}, ...rows.flatMap(body))),
  );
}
