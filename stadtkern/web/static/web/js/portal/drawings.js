// Drawings with texts: kept in the address of the page, so that they can be sent; never sent to us.
import { colours } from "../map_style.js";

const MOST = 100;
const LETTERS = 200;
const KINDS = new Set(["Point", "LineString", "Polygon"]);

/** Only what we draw ourselves is taken from an address: a kind of geometry, numbers, a short text. */
function clean(one) {
  const isNumbers = (value) => (Array.isArray(value) ? value.every(isNumbers) : Number.isFinite(value));
  if (!KINDS.has(one?.geometry?.type) || !isNumbers(one.geometry.coordinates)) return null;
  const { type, coordinates } = one.geometry;
  return { type: "Feature", geometry: { type, coordinates }, properties: { text: String(one.properties?.text ?? "").slice(0, LETTERS) } };
}

export class Drawings {
  constructor(map, words, say) {
    Object.assign(this, { map, words, say, features: [], changed: () => true });
    this.list = document.getElementById("sk-portal-drawings");
  }

  restore(features) {
    if (Array.isArray(features)) this.features = features.slice(0, MOST).map(clean).filter(Boolean);
    this.show();
  }

  add(geometry) {
    if (this.features.length >= MOST) return;
    this.features.push({ type: "Feature", geometry, properties: { text: "" } });
    this.update();
    this.list.querySelector("li:last-child input")?.focus();
  }

  update() {
    this.show();
    this.say(this.changed() === false ? this.words.tooLong : this.words.kept);
  }

  show() {
    this.list.replaceChildren(...this.features.map((one, number) => this.item(one, number)));
    this.list.hidden = !this.features.length;
    document.querySelector('[data-do="export"]').disabled = !this.features.length;
    this.draw();
  }

  item(feature, number) {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const input = document.createElement("input");
    const button = document.createElement("button");
    Object.assign(input, { type: "text", value: feature.properties.text, maxLength: LETTERS });
    label.append(`${number + 1}. ${this.words.text} `, input);
    Object.assign(button, { type: "button", textContent: `${this.words.remove} ${number + 1}` });
    input.addEventListener("change", () => { feature.properties.text = input.value; this.draw(); this.changed(); });
    button.addEventListener("click", () => { this.features.splice(number, 1); this.update(); });
    item.append(label, button);
    return item;
  }

  draw() {
    const data = { type: "FeatureCollection", features: this.features };
    const source = this.map.getSource("drawings");
    if (source) { source.setData(data); return; }
    if (!this.map.isStyleLoaded()) return;
    const { accent, paper, text } = colours();
    this.map.addSource("drawings", { type: "geojson", data });
    this.map.addLayer({ id: "drawings-fill", type: "fill", source: "drawings", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": accent, "fill-opacity": 0.2 } });
    this.map.addLayer({ id: "drawings-line", type: "line", source: "drawings", paint: { "line-color": accent, "line-width": 3 } });
    this.map.addLayer({ id: "drawings-point", type: "circle", source: "drawings", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": accent, "circle-radius": 7, "circle-stroke-color": paper, "circle-stroke-width": 2 } });
    this.map.addLayer({ id: "drawings-text", type: "symbol", source: "drawings", layout: { "text-field": ["get", "text"], "text-size": 14, "text-offset": [0, 1], "text-anchor": "top" }, paint: { "text-color": text, "text-halo-color": paper, "text-halo-width": 2 } });
  }

  save() {
    const text = JSON.stringify({ type: "FeatureCollection", features: this.features }, null, 2);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/geo+json" }));
    link.download = "map.geojson";
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
