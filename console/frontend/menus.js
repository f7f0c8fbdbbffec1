// The side bar on small screens, menus that close when one looks elsewhere, printing, and forms
// that send themselves when a choice is made.

export function startMenus() {
  const side = document.querySelector(".side");
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const opener = event.target.closest("[data-side]");
    if (opener) side?.classList.toggle("open");
    else if (side?.classList.contains("open") && !side.contains(event.target)) side.classList.remove("open");
    if (event.target.closest("[data-print]")) window.print();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    side?.classList.remove("open");
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send-on-change]")) event.target.form.requestSubmit();
  });
}
