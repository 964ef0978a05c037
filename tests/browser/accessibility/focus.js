// Begins to write down where the focus goes, and how it is seen there.

const said = (element) => `<${element.localName}${element.id ? `#${element.id}` : ""}> ${(element.textContent || element.name || "").trim().replace(/\s+/g, " ").slice(0, 40)}`;
window.focused = { faults: [], order: [] };
document.activeElement?.blur?.();
getSelection()?.removeAllRanges();
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
  if (!is_itself) faults.push(`focus is not hidden: ${said(target)} behind ${at ? said(at) : "the edge"}`);
});
