// A click on [data-copy] puts its text on the clipboard and says so.

async function put(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  // Plain http on an inner network: browsers offer no clipboard object there.
  const box = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}

function say(text) {
  const line = document.createElement("div");
  line.className = "toast-line";
  line.setAttribute("role", "status");
  document.body.append(line);
  line.textContent = text;
  setTimeout(() => line.remove(), 2000);
}

export function copyOnClick() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await put(button.dataset.copy);
    say(button.dataset.copied);
  });
}
