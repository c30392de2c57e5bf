// A sheet of A4 with the map, its scale, its sources and its layers; the browser prints it or makes a PDF of it.
import { lengthOf, metres } from "./geo.js";

const MILLIMETRES = 180; // width of the map on the sheet

function picture(map) {
  return new Promise((resolve) => {
    map.once("render", () => resolve(map.getCanvas().toDataURL("image/png")));
    map.triggerRepaint();
  });
}

/** A bar of a round length that is between a sixth and a third of the sheet. */
function scaleBar(map) {
  const [bounds, { lat }] = [map.getBounds(), map.getCenter()];
  const across = lengthOf([[bounds.getWest(), lat], [bounds.getEast(), lat]]);
  const power = 10 ** Math.floor(Math.log10(across / 3));
  const length = [5, 2, 1].map((one) => one * power).find((one) => one <= across / 3) ?? power;
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const wide = (length / across) * MILLIMETRES;
  bar.setAttribute("width", `${wide}mm`);
  bar.setAttribute("height", "2mm");
  for (const [name, value] of [["width", "100%"], ["height", "100%"]]) line.setAttribute(name, value);
  bar.append(line);
  const text = document.createElement("span");
  text.textContent = ` ${metres(length)}`;
  return [bar, text];
}

export async function print(map, portal, layers) {
  const sheet = document.getElementById("sk-portal-sheet");
  const image = sheet.querySelector(".sk-sheet__map");
  image.src = await picture(map);
  await image.decode();
  sheet.querySelector(".sk-sheet__scale").replaceChildren(...scaleBar(map));
  sheet.querySelector(".sk-sheet__qr").src = `${portal.qr}${location.search}`;
  const credits = document.querySelector(".maplibregl-ctrl-attrib-inner, .maplibregl-ctrl-attrib");
  sheet.querySelector(".sk-sheet__sources").textContent = credits?.textContent ?? "";
  sheet.querySelector(".sk-sheet__layers").textContent = layers.on.map((slug) => layers.get(slug)?.title).filter(Boolean).join(", ");
  document.documentElement.classList.add("sk-printing");
  addEventListener("afterprint", () => document.documentElement.classList.remove("sk-printing"), { once: true });
  window.print();
}
