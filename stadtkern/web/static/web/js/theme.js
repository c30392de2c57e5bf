// Theme switch; the choice is kept in this browser only, and only once somebody has chosen.
const KEY = "sk-theme";

function keep(theme) {
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    // the choice then holds for this page only
  }
}

export function startTheme(select) {
  if (!select) return;
  const root = document.documentElement;
  select.value = root.dataset.kernTheme ?? "";
  select.addEventListener("change", () => {
    if (select.value) root.dataset.kernTheme = select.value;
    else delete root.dataset.kernTheme;
    keep(select.value);
    document.dispatchEvent(new CustomEvent("sk-theme"));
  });
}
