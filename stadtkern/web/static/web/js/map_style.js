// The style of the map: the town's own base below, tiles of the proxy above it, places on top; by theme.
const INK = {
  light: { land: "#f4f4f1", area: "#e7e8e4", river: "#9cc4da", road: "#ffffff", line: "#a3a7b3", text: "#1b1d29", paper: "#ffffff" },
  dark: { land: "#1b1d25", area: "#262936", river: "#35586b", road: "#3b3f4e", line: "#6d7384", text: "#f2f3f7", paper: "#14151c" },
};

export function isDark() {
  const chosen = document.documentElement.dataset.kernTheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function colours() {
  const ink = INK[isDark() ? "dark" : "light"];
  return { ...ink, accent: token("--sk-accent") || "#12506b", dark: isDark() };
}

const ofKind = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];

function baseLayers(ink) {
  return [
    { id: "land", type: "background", paint: { "background-color": ink.land } },
    { id: "area", type: "fill", source: "base", filter: ofKind("area", "district", "quarter"), paint: { "fill-color": ink.area } },
    { id: "water-area", type: "fill", source: "base", filter: ["all", ["==", ["geometry-type"], "Polygon"], ofKind("water", "river")], paint: { "fill-color": ink.river } },
    { id: "road", type: "line", source: "base", filter: ofKind("road", "rail", "street"), paint: { "line-color": ink.road, "line-width": 2 } },
    { id: "outline", type: "line", source: "base", filter: ofKind("area", "district", "quarter", "border"), paint: { "line-color": ink.line, "line-width": 1, "line-dasharray": [4, 2] } },
    { id: "river", type: "line", source: "base", filter: ofKind("river", "water", "stream"), paint: { "line-color": ink.river, "line-width": ["interpolate", ["linear"], ["zoom"], 9, 2, 15, 8] } },
    { id: "base-name", type: "symbol", source: "names", filter: ofKind("area", "place"), layout: { "text-padding": 60, "text-field": ["get", "name"], "text-size": 15, "text-letter-spacing": 0.08 }, paint: { "text-color": ink.text, "text-halo-color": ink.land, "text-halo-width": 2 } },
  ];
}

function tileLayers(setup, ink) {
  if (!setup.tiles) return [];
  const paint = ink.dark
    ? { "raster-brightness-min": 0.95, "raster-brightness-max": 0.08, "raster-saturation": -1, "raster-contrast": -0.1, "raster-fade-duration": 0 }
    : { "raster-saturation": -0.6, "raster-opacity": 0.9, "raster-fade-duration": 0 };
  return [{ id: "tiles", type: "raster", source: "tiles", paint }];
}

function placeLayers() {
  return [
    {
      id: "places",
      type: "symbol",
      source: "places",
      layout: { "icon-image": ["concat", "mark-", ["get", "kind"], ["case", ["in", ["get", "state"], ["literal", ["warning", "danger"]]], ["concat", "-", ["get", "state"]], ""]], "icon-allow-overlap": true, "icon-padding": 0, "text-field": ["get", "name"], "text-size": 13, "text-optional": true, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 1, "text-justify": "auto", "text-max-width": 9 },
      paint: { "text-color": colours().text, "text-halo-color": colours().paper, "text-halo-width": 2 },
    },
    {
      id: "chosen",
      type: "symbol",
      source: "places",
      filter: ["==", ["get", "key"], ""],
      layout: { "icon-image": ["concat", "mark-", ["get", "kind"]], "icon-size": 1.7, "icon-allow-overlap": true, "text-field": ["get", "name"], "text-size": 16, "text-offset": [0, 1.7], "text-anchor": "top", "text-allow-overlap": true },
      paint: { "text-color": colours().text, "text-halo-color": colours().paper, "text-halo-width": 2.5 },
    },
  ];
}

export function styleOf(setup, places) {
  const ink = colours();
  const sources = {
    base: { type: "geojson", data: new URL(setup.base, location.href).href },
    // cut into few tiles, so that a name stands once
    names: { type: "geojson", data: new URL(setup.base, location.href).href, maxzoom: 6 },
    places: { type: "geojson", data: places },
  };
  if (setup.tiles) {
    sources.tiles = { type: "raster", tiles: [location.origin + setup.tiles], tileSize: 256, maxzoom: setup.maxZoom };
  }
  return { version: 8, sources, layers: [...baseLayers(ink), ...tileLayers(setup, ink), ...placeLayers()] };
}

/** South-west and north-east corner of the places in the town; of all, if none lies in it. */
export function extentOf(features, [west, south, east, north]) {
  const all = features.map((feature) => feature.geometry.coordinates);
  const near = all.filter(([lon, lat]) => lon >= west && lon <= east && lat >= south && lat <= north);
  const shown = near.length ? near : all;
  if (!shown.length) return null;
  const [lons, lats] = [0, 1].map((n) => shown.map((place) => place[n]));
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}
