"use strict";
// Plots as SVG: a curve of steps, and bars made of parts.

const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function figure(title, width, height, shapes) {
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  svg.append(...shapes);
  const made = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  made.append(caption, svg);
  return made;
}

// A round step such that there are about `count` of them in `span`.
function niceStep(span, count) {
  const raw = Math.max(span, 1e-9) / count, base = 10 ** Math.floor(Math.log10(raw));
  return base * [1, 2, 5, 10].find((factor) => base * factor >= raw);
}

// How many of `at` (ascending) had been reached at each x in 0..most.
function stepsPlot(title, at, most, unit) {
  const width = 560, height = 190, left = 40, right = 14, top = 10, bottom = 34;
  const tall = height - bottom - top, wide = width - left - right;
  const end = Math.max(most, at.length ? at[at.length - 1] : 0) || 1, high = at.length || 1;
  const x = (value) => (left + (wide * value) / end).toFixed(1);
  const y = (value) => (top + tall - (tall * value) / high).toFixed(1);
  const shapes = [];
  const rows = Math.max(1, Math.round(niceStep(high, 4)));
  for (let value = 0; value <= high; value += rows) {
    shapes.push(shape("path", { class: "grid", d: `M${left} ${y(value)}H${width - right}` }));
    shapes.push(shape("text", { x: left - 7, y: +y(value) + 4, "text-anchor": "end" }, value));
  }
  const step = niceStep(end, 6);
  for (let value = 0; value <= end * 1.0001; value += step) {
    const label = +value.toPrecision(6);
    shapes.push(shape("text", { x: x(value), y: height - 18, "text-anchor": "middle" }, label));
  }
  shapes.push(shape("text", { x: width - right, y: height - 3, "text-anchor": "end" }, unit));
  let curve = `M${left} ${y(0)}`;
  at.forEach((value, index) => { curve += `H${x(value)}V${y(index + 1)}`; });
  curve += `H${x(end)}`;
  shapes.push(shape("path", { class: "area", d: `${curve}V${y(0)}Z` }));
  shapes.push(shape("path", { class: "curve", d: curve }));
  return figure(title, width, height, shapes);
}

// rows: [name, [[class, count], ...]]; each bar is as long as its counts together.
function barsPlot(title, rows) {
  const width = 560, left = 176, right = 52, line = 19;
  const height = Math.max(1, rows.length) * line + 6;
  const sum = (parts) => parts.reduce((total, part) => total + part[1], 0);
  const most = Math.max(1, ...rows.map(([, parts]) => sum(parts)));
  const shapes = [];
  rows.forEach(([name, parts], index) => {
    const y = 3 + index * line;
    let x = left;
    const short = name.length > 25 ? `${name.slice(0, 24)}…` : name;
    const label = shape("text", { x: left - 8, y: y + 12, "text-anchor": "end" }, short);
    label.append(shape("title", {}, name));
    shapes.push(label);
    for (const [look, count] of parts) {
      const wide = ((width - left - right) * count) / most;
      const bar = shape("rect", { class: `bar ${look}`, x: x.toFixed(1), y, height: line - 5,
                                  width: Math.max(wide, count ? 1.5 : 0).toFixed(1) });
      bar.append(shape("title", {}, `${name}: ${count} ${look}`));
      shapes.push(bar);
      x += wide;
    }
    shapes.push(shape("text", { x: x + 7, y: y + 12 }, sum(parts)));
  });
  return figure(title, width, height, shapes);
}
