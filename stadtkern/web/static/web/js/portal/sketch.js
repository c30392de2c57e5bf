// Points taken one after another, by click or by key: for measuring and for drawing.
import { areaOf, lengthOf, metres, squareMetres } from "./geo.js";
import { colours } from "../map_style.js";

const IS_AREA = new Set(["area", "surface"]);
const IS_MEASURE = new Set(["distance", "area"]);
const EMPTY = { type: "FeatureCollection", features: [] };

/** Points as a GeoJSON geometry of the kind that the tool makes. */
export function shapeOf(tool, points) {
  if (tool === "point" || points.length === 1) return { type: "Point", coordinates: points[0] };
  if (IS_AREA.has(tool) && points.length > 2) return { type: "Polygon", coordinates: [[...points, points[0]]] };
  return { type: "LineString", coordinates: points };
}

export class Sketch {
  constructor(map, tools, words, say, drawings) {
    Object.assign(this, { map, tools, words, say, drawings, tool: "", points: [] });
    map.on("click", ({ lngLat }) => { if (this.tool) this.add([lngLat.lng, lngLat.lat]); });
  }

  choose(tool) {
    this.tool = tool === this.tool ? "" : tool;
    this.points = [];
    this.say(this.tool ? this.words.hint : "");
    this.map.getCanvas().style.cursor = this.tool ? "crosshair" : "";
    for (const button of this.tools.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === this.tool));
    }
    this.draw();
  }

  add(point) {
    this.points.push(point.map((degrees) => Number(degrees.toFixed(6))));
    if (this.tool === "point") this.finish();
    else this.draw();
  }

  undo() {
    this.points.pop();
    this.draw();
  }

  finish() {
    const { tool, points } = this;
    const isEnough = points.length >= (tool === "point" ? 1 : IS_AREA.has(tool) ? 3 : 2);
    if (isEnough && !IS_MEASURE.has(tool)) this.drawings.add(shapeOf(tool, points));
    const result = message(this);
    this.choose(tool);
    if (isEnough && IS_MEASURE.has(tool)) this.say(result);
  }

  draw() {
    if (!this.map.isStyleLoaded() && !this.map.getSource("sketch")) return;
    const shape = this.points.length ? [shapeOf(this.tool, this.points), { type: "MultiPoint", coordinates: this.points }] : [];
    const data = { ...EMPTY, features: shape.map((geometry) => ({ type: "Feature", geometry, properties: {} })) };
    if (this.map.getSource("sketch")) this.map.getSource("sketch").setData(data);
    else {
      const ink = colours().text;
      this.map.addSource("sketch", { type: "geojson", data });
      this.map.addLayer({ id: "sketch-fill", type: "fill", source: "sketch", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink, "fill-opacity": 0.15 } });
      this.map.addLayer({ id: "sketch-line", type: "line", source: "sketch", paint: { "line-color": ink, "line-width": 2, "line-dasharray": [2, 1] } });
      this.map.addLayer({ id: "sketch-point", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colours().paper, "circle-stroke-color": ink, "circle-stroke-width": 2, "circle-radius": 5 } });
    }
    if (this.points.length) this.say(message(this));
    for (const button of this.tools.querySelectorAll('[data-do="undo"], [data-do="done"]')) button.disabled = !this.points.length;
  }
}

function message({ tool, points, words }) {
  const length = `${words.distance}: ${metres(lengthOf(tool === "area" && points.length > 2 ? [...points, points[0]] : points))}`;
  if (!IS_MEASURE.has(tool)) return `${words.points}: ${points.length}`;
  return tool === "area" && points.length > 2 ? `${words.area}: ${squareMetres(areaOf(points))}, ${length}` : length;
}
