// Begins to write down where the focus goes, and how it is seen there.

const said = (element) => `<${element.localName}${element.id ? `#${element.id}` : ""}> ${(element.textContent || element.name || "").trim().replace(/\s+/g, " ").slice(0, 40)}`;
// The page may have been gone through before.
window.focused?.stop();
const recorder = new AbortController();
window.focused = { faults: [], order: [], stop: () => recorder.abort() };
// From the top, wherever the page has put the focus.
const top_of_page = document.createElement("span");
top_of_page.tabIndex = -1;
document.body.prepend(top_of_page);
top_of_page.focus();
top_of_page.remove();
document.addEventListener("focusin", ({ target }) => {
  const { faults, order } = window.focused;
  const last = order.at(-1);
  if (order.includes(target)) return;
  if (last && !(last.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING)) faults.push(`focus order: ${said(target)} after ${said(last)}`);
  order.push(target);
  const style = getComputedStyle(target);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push(`focus is visible: ${said(target)}`);
  const box = target.getBoundingClientRect();
  const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const is_itself = at && (target.contains(at) || at.contains(target) || at.closest("label")?.control === target);
  if (!is_itself && at) faults.push(`focus is not hidden: ${said(target)} behind ${said(at)}`);
}, { signal: recorder.signal });
