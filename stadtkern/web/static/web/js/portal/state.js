// What the address of the page says: extent, layers, the chosen place, drawings.
const LONGEST = 6000;

export function readState() {
  const params = new URLSearchParams(location.search);
  const [latitude, longitude, zoom] = (params.get("map") ?? "").split(",").map(Number);
  const fits = Number.isFinite(latitude) && Number.isFinite(longitude) && zoom >= 0 && zoom <= 22
    && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  let drawings = null;
  try {
    const text = new URLSearchParams(location.hash.slice(1)).get("draw");
    drawings = text ? JSON.parse(text) : null;
  } catch {
    drawings = null; // an address that was cut off
  }
  return {
    view: fits ? { center: [longitude, latitude], zoom } : null,
    pick: params.get("pick") ?? "",
    drawings,
  };
}

export function writeState(map, layers, drawings) {
  const params = new URLSearchParams(location.search);
  const { lat, lng } = map.getCenter();
  params.set("map", `${lat.toFixed(5)},${lng.toFixed(5)},${map.getZoom().toFixed(2)}`);
  params.delete("layer");
  params.set("layers", layers.on.join(","));
  const chosen = document.querySelector(".sk-place.is-chosen");
  if (chosen) params.set("pick", chosen.dataset.key);
  const text = drawings.features.length ? `#draw=${encodeURIComponent(JSON.stringify(drawings.features))}` : "";
  const isShort = text.length < LONGEST;
  history.replaceState(null, "", `?${params}${isShort ? text : ""}`);
  return isShort;
}
