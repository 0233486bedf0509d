// Draw every interactive figure of the page from the JSON that stands beside it.
document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".interactive-figure")) {
    const figure = JSON.parse(place.querySelector("script").textContent);
    const config = { responsive: true, displaylogo: false, showSendToCloud: false };
    const frames = figure.frames || [];
    Plotly.newPlot(place, figure.data, figure.layout, config).then(() => Plotly.addFrames(place, frames));
  }
});
