// Runs before the first paint: says that scripts work, and sets the theme a person has chosen earlier.
(() => {
  const root = document.documentElement;
  root.classList.add("sk-js");
  try {
    const theme = localStorage.getItem("sk-theme");
    if (theme === "light" || theme === "dark") root.dataset.kernTheme = theme;
  } catch {
    // a browser that keeps nothing follows the system's theme
  }
})();
