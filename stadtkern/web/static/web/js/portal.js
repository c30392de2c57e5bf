// The tools of the map page: they join the map once it is drawn; without them the page is a list and a form.
import { Layers } from "./portal/layers.js";
import { Identify } from "./portal/identify.js";
import { Sketch } from "./portal/sketch.js";
import { Drawings } from "./portal/drawings.js";
import { showTime } from "./portal/time.js";
import { listenToSearch } from "./portal/search.js";
import { print } from "./portal/print.js";
import { readState, writeState } from "./portal/state.js";

const page = document.getElementById("sk-portal");
const portal = JSON.parse(page.dataset.portal);
const form = document.getElementById("sk-portal-form");
const tools = document.getElementById("sk-portal-tools");
const message = document.getElementById("sk-portal-message");
const EVERY = 60_000; // ms between two askings for live values
const say = (text) => { message.textContent = text; };

function start(element) {
  const { map } = element;
  const state = readState();
  const layers = new Layers(map, portal, say);
  const drawings = new Drawings(map, portal.words, say);
  const sketch = new Sketch(map, tools, portal.words, say, drawings);
  const identify = new Identify(map, portal, layers, sketch);
  const save = () => writeState(map, layers, drawings);

  map.on("style.load", () => { layers.draw(); drawings.draw(); sketch.draw(); });
  map.once("load", () => {
    layers.draw();
    drawings.restore(state.drawings);
    if (state.view) map.jumpTo(state.view);
    if (state.pick) element.choose(state.pick, false);
    map.on("moveend", save);
    tools.hidden = false;
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "layers") return;
    layers.turn(event.target.value, event.target.checked);
    showTime(layers, portal.words);
    save();
  });
  drawings.changed = save;
  map.on("click", save);
  tools.addEventListener("click", (event) => {
    const { tool, do: action } = event.target.closest("button")?.dataset ?? {};
    if (tool) sketch.choose(tool);
    if (action === "undo") sketch.undo();
    if (action === "done") sketch.finish();
    if (action === "export") drawings.save();
    if (action === "print") print(map, portal, layers);
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getCanvas()) return;
    event.preventDefault();
    const centre = map.getCenter();
    if (sketch.tool) sketch.add([centre.lng, centre.lat]);
    else identify.at(map.project(centre), true);
  });
  listenToSearch(form, portal, map);
  showTime(layers, portal.words);
  setInterval(async () => {
    if (document.hidden) return;
    map.getSource("places")?.setData(await element.places());
    layers.renew();
  }, EVERY);
}

page.addEventListener("sk-map-made", (event) => start(event.detail));
