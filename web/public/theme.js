// Before the first paint: dark or light, as chosen or as the system says. A file of its own, so that the policy needs no exception.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("tickler.theme");
  } catch {
    // Storage is refused: the system's choice it is.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
