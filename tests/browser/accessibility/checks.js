// Looks at the page that is shown and returns what is wrong with it, a line each: "rule: where".
// Names and roles are not here: the browser's own accessibility tree knows those.

const faults = [];
const fault = (rule, element, more = "") => {
  const id = element.id ? `#${element.id}` : "";
  const classes = typeof element.className === "string" && element.className ? `.${element.className.trim().replace(/\s+/g, ".")}` : "";
  const text = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
  faults.push(`${rule}: <${element.localName}${id}${classes}> ${text} ${more}`.trim());
};
const all = (selector) => [...document.querySelectorAll(selector)];
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

// ---------- structure ----------
const root = document.documentElement;
if (!root.lang) fault("lang", root);
if (!document.title.endsWith(" · zb") || document.title.length < 8) fault("title", root, document.title);
if (all("h1").filter(shown).length !== 1) fault("one h1", root, `${all("h1").length} of them`);
let level = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6").filter(shown)) {
  const now = Number(heading.localName[1]);
  if (now > level + 1) fault("heading levels", heading, `after h${level}`);
  level = now;
}
const one = (selector) => all(selector).filter(shown).length === 1 || fault("landmarks", root, `not one ${selector}`);
one("main");
if (!document.body.classList.contains("door")) {
  one("body > .shell > header");
  one("header nav[aria-label]");
  if (!all("a.skip[href='#main']").length) fault("skip link", root);
}
for (const nav of all("nav")) if (!nav.ariaLabel && !nav.getAttribute("aria-labelledby")) fault("landmarks", nav, "without a name");
const names = all("nav").map((nav) => nav.ariaLabel);
if (new Set(names).size !== names.length) fault("landmarks", root, "two of a name");

const seen = new Set();
for (const element of all("[id]")) seen.has(element.id) ? fault("unique ids", element) : seen.add(element.id);
for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "aria-activedescendant", "for", "form", "list"]) {
  for (const element of all(`[${attribute}]`)) {
    for (const id of element.getAttribute(attribute).split(/\s+/)) {
      if (!document.getElementById(id)) fault("references", element, `${attribute} ${id}`);
    }
  }
}
for (const link of all("a[href^='#']")) if (!document.getElementById(link.hash.slice(1))) fault("references", link, link.hash);
for (const field of all("[aria-invalid=true]")) {
  const told = (field.getAttribute("aria-describedby") ?? "").split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "");
  if (!told.join("").trim()) fault("errors stand at their field", field);
}
for (const image of all("img")) if (!image.hasAttribute("alt")) fault("images", image);
for (const image of all("svg")) {
  if (!image.closest("[aria-hidden=true]") && !(image.getAttribute("role") === "img" && image.ariaLabel)) fault("images", image);
}
for (const table of all("table")) {
  if (!table.caption?.textContent.trim() && !table.ariaLabel) fault("tables", table, "without a caption");
  if (!table.tHead?.querySelector("th[scope=col]")) fault("tables", table, "without column headers");
  for (const row of table.tBodies[0]?.rows ?? []) if (!row.querySelector("th[scope=row]")) fault("tables", row, "without a row header");
}
for (const element of all("[role=list] > *, ul > *, ol > *")) if (element.localName !== "li") fault("lists", element);
for (const time of all("time")) if (Number.isNaN(Date.parse(time.dateTime))) fault("times", time, time.dateTime);
for (const element of all("[style], [onclick], style, script:not([src])")) fault("nothing inline", element);
for (const element of all("[tabindex]")) if (element.tabIndex > 0) fault("tab order", element, "is chosen by hand");

// ---------- size ----------
if (root.scrollWidth > innerWidth) {
  const wide = all("body *").filter((element) => shown(element) && element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll, .nav, .code, pre"));
  fault("no sideways scroll", wide[0] ?? root, `${root.scrollWidth} > ${innerWidth}`);
}
for (const control of all("button, input:not([type=hidden]), select, textarea, summary, .btn")) {
  const box = control.getBoundingClientRect();
  const label = control.labels?.[0]?.getBoundingClientRect();
  const height = Math.max(box.height, label && control.type === "checkbox" ? label.height : 0);
  if (shown(control) && box.width > 0 && (height < 24 || Math.max(box.width, label?.width ?? 0) < 24)) {
    fault("targets of 24 pixels", control, `${box.width} × ${box.height}`);
  }
}
for (const field of all("input:not([type=hidden]), select, textarea")) {
  if (shown(field) && field.getBoundingClientRect().width < 48 && !["checkbox", "radio"].includes(field.type)) {
    fault("fields wide enough to read", field, `${field.getBoundingClientRect().width}`);
  }
}

// ---------- contrast, as WCAG 2.2 computes it ----------
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const cache = new Map();
/** Any CSS colour as red, green, blue (0–255) and alpha (0–1). */
const rgba = (colour) => {
  if (!cache.has(colour)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    cache.set(colour, [r, g, b, a / 255]);
  }
  return cache.get(colour);
};
const over = ([r, g, b, a], under) => [r, g, b].map((value, at) => value * a + under[at] * (1 - a)).concat(1);
const luminance = (colour) => {
  const [r, g, b] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};
const page = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
/** What can be behind an element's text: one colour, or each of a gradient's. */
const grounds = (element) => {
  if (!element) return [page];
  const style = getComputedStyle(element);
  const under = grounds(element.parentElement).map((ground) => over(rgba(style.backgroundColor), ground));
  // A select's arrow is drawn beside its text.
  const drawn = (element.localName !== "select" && style.backgroundImage.match(/(rgba?|color|oklch|hsla?)\([^()]*\)/g)) || [];
  return drawn.length ? [...under, ...drawn.flatMap((colour) => under.map((ground) => over(rgba(colour), ground)))] : under;
};
const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
const readable = (element, style, what) => {
  const size = parseFloat(style.fontSize);
  const is_large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const [r, g, b, a] = rgba(style.color);
  const worst = Math.min(...grounds(element).map((ground) => contrast(over([r, g, b, a * opacity(element)], ground), ground)));
  if (worst < (is_large ? 3 : 4.5)) fault("contrast", element, `${what} ${worst.toFixed(2)}`);
};
/** Hidden from eyes but not from screen readers. */
const is_clipped = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.clipPath === "inset(50%)" || style.color === "rgba(0, 0, 0, 0)") return true;
  }
  return false;
};
for (const element of all("body *")) {
  if (!shown(element) || is_clipped(element) || element.closest(":disabled, noscript, option")) continue;
  const has_text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (has_text || (element.matches("input, textarea, select") && element.value)) readable(element, getComputedStyle(element), "text");
  if (element.matches("[placeholder]")) readable(element, getComputedStyle(element, "::placeholder"), "placeholder");
  for (const pseudo of ["::before", "::after"]) {
    const style = getComputedStyle(element, pseudo);
    if (/^(".*[\p{L}\p{N}].*"|attr|counter)/u.test(style.content)) readable(element, style, pseudo);
  }
}
for (const field of all("input:not([type=hidden]), select, textarea").filter(shown)) {
  const edge = getComputedStyle(field);
  if (parseFloat(edge.borderTopWidth) > 0) {
    const around = grounds(field.parentElement)[0];
    const worst = contrast(over(rgba(edge.borderTopColor), around), around);
    if (worst < 3) fault("contrast", field, `edge ${worst.toFixed(2)}`);
  }
}
return faults;
