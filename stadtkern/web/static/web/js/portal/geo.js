// Lengths and areas on the earth, and how they are written.
const RADIUS = 6371008.8; // mean radius, m
const radians = (degrees) => (degrees * Math.PI) / 180;

/** Length of a line in m (haversine on a sphere). */
export function lengthOf(points) {
  let sum = 0;
  for (let n = 1; n < points.length; n += 1) {
    const [lon1, lat1] = points[n - 1].map(radians);
    const [lon2, lat2] = points[n].map(radians);
    const h = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
    sum += 2 * RADIUS * Math.asin(Math.sqrt(h));
  }
  return sum;
}

/** Area in square metres (Chamberlain and Duquette 2007, "Some algorithms for polygons on a sphere"). */
export function areaOf(points) {
  let sum = 0;
  for (let n = 0; n < points.length; n += 1) {
    const [lon1, lat1] = points[n].map(radians);
    const [lon2, lat2] = points[(n + 1) % points.length].map(radians);
    sum += (lon2 - lon1) * (2 + Math.sin(lat1) + Math.sin(lat2));
  }
  return Math.abs((sum * RADIUS * RADIUS) / 2);
}

const write = (value, unit, digits) => `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(value)} ${unit}`;

export const metres = (value) => (value < 1000 ? write(value, "m", 0) : write(value / 1000, "km", 2));
export const squareMetres = (value) => (value < 10_000 ? write(value, "m²", 0) : value < 1e6 ? write(value / 1e4, "ha", 2) : write(value / 1e6, "km²", 2));
