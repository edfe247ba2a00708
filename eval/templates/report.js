"use strict";
// The error browser. Text goes into the page by textContent alone, so it stays text.
(() => {
  const list = document.getElementById("list");
  if (!list) return;
  const data = JSON.parse(document.getElementById("data").textContent);
  const detail = document.getElementById("detail");
  const status = document.getElementById("status");
  const filters = ["kind", "label", "source", "text"].map((id) => document.getElementById(id));
  const [kind, label, source, text] = filters;
  const CONTEXT = 260; // code points shown on either side of an error
  const COLOURED = ["ACTOR", "LOCATION", "NUMBER"]; // other systems' labels share one colour
  const PAGE = 300; // errors listed at once; more come when the end is in sight

  const element = (tag, className, content) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (content !== undefined) made.textContent = content;
    return made;
  };
  const arabic = (tag, className, content) => {
    const made = element(tag, className, content);
    made.lang = "ar";
    made.dir = "auto";
    return made;
  };

  // Offsets count code points; a JavaScript string counts UTF-16 units.
  const points = (report) => (report.points ??= Array.from(report.text));
  const cut = (report, start, end) => points(report).slice(start, end).join("");
  const spansOf = (error) => [...error.gold, ...error.predicted];
  const surface = (error) =>
    (error.gold.length ? error.gold : error.predicted)
      .map(([start, end]) => cut(data.reports[error.report], start, end)).join(" + ");

  let shown = [];
  let selected = 0;

  const matches = (error) => {
    const report = data.reports[error.report];
    if (kind.value && error.kind !== kind.value) return false;
    if (label.value && !spansOf(error).some((span) => span[2] === label.value)) return false;
    if (source.value && report.source !== source.value) return false;
    const wanted = text.value.trim();
    return !wanted || report.id.includes(wanted) ||
      spansOf(error).some(([start, end]) => cut(report, start, end).includes(wanted));
  };

  const item = (error, index) => {
    const row = element("li");
    row.id = `error-${index}`;
    row.setAttribute("role", "option");
    const what = element("div", "what");
    const labels = [...new Set(spansOf(error).map((span) => span[2]))].join(", ");
    what.append(element("span", "", error.kind), element("span", "", labels));
    row.append(what, arabic("div", "surface", surface(error)));
    row.addEventListener("click", () => select(index));
    return row;
  };

  const listMore = () => {
    const first = list.children.length;
    list.append(...shown.slice(first, first + PAGE).map((error, i) => item(error, first + i)));
  };

  // A stretch of the report with the spans of one side marked; where the other side has a span that
  // this one lacks, its place is tinted.
  const context = (error, side) => {
    const report = data.reports[error.report];
    const spans = spansOf(error);
    const low = Math.min(...spans.map((span) => span[0]));
    const high = Math.max(...spans.map((span) => span[1]));
    const from = Math.max(0, low - CONTEXT);
    const to = Math.min(points(report).length, high + CONTEXT);
    const own = new Set(error[side].map(String));
    const other = error[side === "gold" ? "predicted" : "gold"];
    const marks = report[side].filter((span) => span[1] > from && span[0] < to);
    const edges = new Set([from, to]);
    for (const span of [...marks, ...other])
      for (const edge of span.slice(0, 2)) if (edge > from && edge < to) edges.add(edge);
    const cuts = [...edges].sort((a, b) => a - b);
    const paragraph = arabic("p", "context");
    paragraph.dir = "rtl";
    if (from > 0) paragraph.append("… ");
    let open = null, openSpan = null;
    cuts.slice(0, -1).forEach((start, index) => {
      const piece = cut(report, start, cuts[index + 1]);
      // Of spans that overlap, as other systems give them, the error's own is marked.
      const over = marks.filter((span) => span[0] <= start && span[1] > start);
      const span = over.find((one) => own.has(String(one))) ?? over[0];
      if (span && span === openSpan) {
        open.append(piece);
        return;
      }
      openSpan = span;
      if (span) {
        open = element("mark", own.has(String(span)) ? "error" : "", piece);
        if (COLOURED.includes(span[2])) open.classList.add(span[2]);
        open.dataset.label = span.length > 3 ? `${span[2]} ${span[3].toFixed(2)}` : span[2];
        paragraph.append(open);
      } else if (other.some((one) => one[0] <= start && one[1] > start)) {
        paragraph.append(element("span", "gap", piece));
      } else {
        paragraph.append(piece);
      }
    });
    if (to < points(report).length) paragraph.append(" …");
    return paragraph;
  };

  const showDetail = (error) => {
    const report = data.reports[error.report];
    const heading = element("h3", "", `${error.kind} · `);
    heading.append(arabic("bdi", "", report.id));
    if (report.source) heading.append(" · ", arabic("bdi", "", report.source));
    const sides = element("div", "sides");
    for (const side of ["gold", "predicted"]) {
      const half = element("section");
      half.append(element("h4", "", side), context(error, side));
      sides.append(half);
    }
    detail.replaceChildren(heading, sides);
    const middle = sides.querySelector(".error, .gap");
    if (middle) sides.scrollTop = middle.offsetTop - sides.clientHeight / 3;
  };

  const select = (index) => {
    if (!shown.length) return;
    selected = Math.min(Math.max(index, 0), shown.length - 1);
    while (selected >= list.children.length - 5 && list.children.length < shown.length) listMore();
    list.querySelector("[aria-selected]")?.removeAttribute("aria-selected");
    const row = list.children[selected];
    row.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
    showDetail(shown[selected]);
    status.textContent = `${(selected + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")} errors`;
  };

  const filter = () => {
    shown = data.errors.filter(matches);
    list.replaceChildren();
    detail.replaceChildren();
    status.textContent = shown.length ? "" : "no error matches";
    listMore();
    if (shown.length) selectWithoutScroll();
  };

  // On load and on filtering the page must not jump to the list.
  const selectWithoutScroll = () => {
    const { scrollX, scrollY } = window;
    select(0);
    window.scrollTo(scrollX, scrollY);
  };

  for (const name of [...new Set(data.errors.map((e) => data.reports[e.report].source))].sort())
    if (name) source.append(arabic("option", "", name));
  for (const control of filters) control.addEventListener("input", filter);
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  list.addEventListener("scroll", () => {
    if (list.scrollTop + 2 * list.clientHeight > list.scrollHeight) listMore();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      document.activeElement.blur();
      list.focus();
    } else if (!event.target.matches("input, select")) {
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      const inList = event.target === list;
      if (step && (inList || event.key.length === 1)) {
        event.preventDefault();
        select(selected + step);
      } else if (event.key === "f") {
        event.preventDefault();
        text.focus();
      }
    }
  });
  filter();
})();
