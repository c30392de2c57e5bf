/* Fetches a tile again when one of its series of measurements changes.
   Listens to server-sent events, asks every 30 seconds where that fails; rests while the page is hidden or paused. */

const box = document.querySelector(".sk-live");
const button = box?.querySelector("button");
const status = box?.querySelector("[data-live-state]");
const KEY = "sk-live-paused";
const POLL = 30000;
const TOGETHER = 300;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

let source = null;
let timer = 0;
let version = null;
const waiting = new Set();
let soon = 0;

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

let paused = button ? (stored() ?? (STILL.matches ? "yes" : "no")) === "yes" : STILL.matches;

const tiles = () => [...document.querySelectorAll("[data-fragment]")];

/** A map that is taken out of the page is gone; so all but the map is put anew. */
function renewMap(tile, fresh) {
  for (const part of [".sk-tile__sentence", ".sk-places", ".sk-tile__footer"]) {
    const [before, after] = [tile.querySelector(part), fresh.querySelector(part)];
    if (before && after) before.replaceWith(document.adoptNode(after));
  }
  tile.dataset.streams = fresh.dataset.streams;
  tile.querySelector("sk-map").renew().catch(() => {});
}

/** Put a fresh tile in the place of the old one, keeping focus, opened details and the rest of the page still. */
async function refresh(tile) {
  if (tile.contains(document.activeElement)) return;
  const answer = await fetch(tile.dataset.fragment, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-tile]");
  if (!fresh || !tile.isConnected) return;
  if (tile.querySelector("sk-map")?.renew && fresh.querySelector("sk-map")) return renewMap(tile, fresh);
  const old = [...tile.querySelectorAll("details")];
  [...fresh.querySelectorAll("details")].forEach((part, index) => { part.open = Boolean(old[index]?.open); });
  fresh.classList.add("sk-tile--changed");
  tile.replaceWith(document.adoptNode(fresh));
  document.dispatchEvent(new CustomEvent("sk:tile", { detail: fresh }));
}

function refreshWaiting() {
  soon = 0;
  const all = waiting.delete("*");
  const touched = tiles().filter((tile) => all || tile.dataset.streams.split("\n").some((key) => waiting.has(key)));
  waiting.clear();
  touched.forEach((tile) => refresh(tile).catch(() => {}));
  if (touched.length) say(true);
}

function changed(data) {
  const first = version === null;
  version = data.version;
  if (first && !data.streams.length) return;
  if (data.all) waiting.add("*");
  data.streams.forEach((key) => waiting.add(key));
  if (waiting.size && !soon) soon = setTimeout(refreshWaiting, TOGETHER);
}

async function poll() {
  try {
    const answer = await fetch(`${box.dataset.changes}?since=${version ?? Number.MAX_SAFE_INTEGER}`);
    if (answer.ok) changed(await answer.json());
  } catch { /* the network is away; the next round asks again */ }
}

function startPolling() {
  if (timer) return;
  poll();
  timer = setInterval(poll, POLL);
}

function listen() {
  if (!window.EventSource) return startPolling();
  source = new EventSource(box.dataset.events);
  source.addEventListener("change", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    startPolling();
  });
}

function stop() {
  source?.close();
  source = null;
  clearInterval(timer);
  timer = 0;
}

function start() {
  if (paused || document.hidden || source || timer) return;
  if (version !== null) poll();
  listen();
}

function say(isChange = false) {
  if (!button) return;
  button.firstElementChild.textContent = paused ? button.dataset.resume : button.dataset.pause;
  const clock = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  if (isChange) status.textContent = `${status.dataset.changed} ${clock}`;
  else status.textContent = paused ? status.dataset.off : status.dataset.on;
}

if (box && tiles().length) {
  button?.addEventListener("click", () => {
    paused = !paused;
    try {
      localStorage.setItem(KEY, paused ? "yes" : "no");
    } catch { /* not remembered */ }
    if (paused) stop();
    else start();
    say();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", start);
  box.hidden = !button;
  say();
  start();
}
