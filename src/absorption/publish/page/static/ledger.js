// The ledger, sortable by its headings and filtered by tier and verdict. Without this script it is whole, in the book's order.
(() => {
  const table = document.querySelector("table.ledger");
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows];
  const names = (key) => [...new Set(rows.map((row) => row.dataset[key]))];
  const controls = document.createElement("div");
  controls.className = "ledger-controls";
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  const chosen = {};
  const filter = () => {
    const shown = rows.filter((row) => {
      row.hidden = Object.entries(chosen).some(([key, name]) => name && row.dataset[key] !== name);
      return !row.hidden;
    });
    count.textContent = `${shown.length} of ${rows.length}`;
  };
  for (const [key, title] of [["tierName", "tier"], ["verdictName", "verdict"]]) {
    const label = document.createElement("label"), select = document.createElement("select");
    label.append(`${title} `, select);
    select.append(new Option(`every ${title}`, ""), ...names(key).map((name) => new Option(name, name)));
    select.addEventListener("change", () => { chosen[key] = select.value; filter(); });
    controls.append(label);
  }
  controls.append(count);
  table.before(controls);
  const keys = [
    (row) => row.cells[0].dataset.sort,
    (row) => row.dataset.verdict,
    (row) => row.cells[2].textContent,
  ];
  [...table.tHead.rows[0].cells].forEach((cell, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent;
    cell.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort((a, b) => keys[at](a).localeCompare(keys[at](b)) * (down ? -1 : 1));
      body.append(...rows);
    });
  });
  filter();
})();
