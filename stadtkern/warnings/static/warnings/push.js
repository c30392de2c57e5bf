// Asks the browser for web push, where it can do that; without it the feed and the page remain.
const box = document.querySelector(".sk-push");

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function tell(method, subscription) {
  const body = JSON.stringify({ ...subscription.toJSON(), language: box.dataset.language });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(box.dataset.address, { method, headers, body });
  if (!answer.ok) throw new Error(String(answer.status));
}

async function subscribe(registration) {
  const options = { userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) };
  const subscription = await registration.pushManager.subscribe(options);
  await tell("POST", subscription);
}

async function unsubscribe(registration) {
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return;
  await tell("DELETE", subscription);
  await subscription.unsubscribe();
}

async function show(registration) {
  const subscription = await registration.pushManager.getSubscription();
  box.querySelector("[data-verb=subscribe]").hidden = Boolean(subscription);
  box.querySelector("[data-verb=unsubscribe]").hidden = !subscription;
}

async function start() {
  const registration = await navigator.serviceWorker.register(box.dataset.worker, { scope: "/" });
  const status = box.querySelector("[role=status]");
  const verbs = { subscribe, unsubscribe };
  for (const button of box.querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      try {
        await navigator.serviceWorker.ready;
        await verbs[button.dataset.verb](registration);
        status.textContent = status.dataset.done;
      } catch {
        status.textContent = status.dataset.failed;
      }
      await show(registration);
    });
  }
  await show(registration);
  box.hidden = false;
}

if (box && "serviceWorker" in navigator && "PushManager" in window) start().catch(() => {});
