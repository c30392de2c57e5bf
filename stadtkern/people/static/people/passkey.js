// Tells in plain words why a passkey did not work, and offers passkeys only where the browser knows them.

const problem = document.getElementById("passkey-problem");
const texts = { NotAllowedError: "refused", AbortError: "refused", InvalidStateError: "known", SecurityError: "unsafe" };

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const name = event.detail.exception?.name;
  problem.querySelector("p").textContent = problem.dataset[texts[name] ?? "other"];
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
});

if (window.PublicKeyCredential) {
  for (const id of ["passkey_login"]) document.getElementById(id)?.removeAttribute("hidden");
}
