// Navigation, languages and theme fold away on small screens; without scripts they stay open.
export function startMenu(button) {
  if (!button) return;
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  const open = (yes) => {
    button.setAttribute("aria-expanded", String(yes));
    menu.classList.toggle("is-open", yes);
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    open(false);
    if (menu.contains(document.activeElement)) button.focus();
  });
}
