/* Turns the tiles of a kiosk page by themselves, by touch and by keyboard. Without it the page is a plain list. */

const slides = [...document.querySelectorAll(".sk-kiosk__slide")];
const main = document.querySelector(".sk-kiosk__slides");
const controls = document.querySelector(".sk-kiosk__controls");
const toggle = controls?.querySelector('[data-do="toggle"]');
const count = controls?.querySelector(".sk-kiosk__count");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const SWIPE = 80;

let current = 0;
let playing = !STILL.matches;
let turn = 0;
let idle = 0;
let touchedAt = null;

function show(index) {
  current = (index + slides.length) % slides.length;
  slides.forEach((slide, number) => { slide.hidden = number !== current; });
  count.textContent = `${current + 1} / ${slides.length}`;
}

function schedule() {
  clearInterval(turn);
  if (playing) turn = setInterval(() => show(current + 1), Number(main.dataset.seconds) * 1000);
  toggle.firstElementChild.textContent = playing ? toggle.dataset.pause : toggle.dataset.play;
}

/** After a while without a touch: back to the first tile, turning again. */
function restartIdle() {
  clearTimeout(idle);
  idle = setTimeout(() => {
    playing = !STILL.matches;
    document.querySelectorAll("details[open]").forEach((part) => { part.open = false; });
    scrollTo(0, 0);
    show(0);
    schedule();
  }, Number(main.dataset.idle) * 1000);
}

const actions = {
  next: () => show(current + 1),
  previous: () => show(current - 1),
  toggle: () => { playing = !playing; },
};

function act(name) {
  actions[name]();
  schedule();
  restartIdle();
}

const KEYS = { ArrowRight: "next", ArrowLeft: "previous", PageDown: "next", PageUp: "previous" };

function onKey(event) {
  restartIdle();
  const inControl = event.target.closest("button, a, summary, input, select, .maplibregl-canvas");
  const name = KEYS[event.key] ?? (event.key === " " && !inControl ? "toggle" : "");
  if (!name || event.target.closest(".maplibregl-canvas") || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  act(name);
}

if (slides.length > 1) {
  document.body.classList.add("sk-kiosk--on");
  controls.hidden = false;
  controls.addEventListener("click", (event) => {
    const name = event.target.closest("[data-do]")?.dataset.do;
    if (name) act(name);
  });
  document.addEventListener("keydown", onKey);
  main.addEventListener("pointerdown", (event) => {
    touchedAt = event.target.closest(".maplibregl-map") ? null : event.clientX;
    restartIdle();
  });
  main.addEventListener("pointerup", (event) => {
    const moved = touchedAt === null ? 0 : event.clientX - touchedAt;
    if (Math.abs(moved) > SWIPE) act(moved < 0 ? "next" : "previous");
    touchedAt = null;
  });
  STILL.addEventListener("change", () => { playing = !STILL.matches; schedule(); });
  show(0);
  schedule();
  restartIdle();
}
