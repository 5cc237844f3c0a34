"""Trains a tiny early-exit diffusion model on the digits and writes its loss table.

usage: python diffusion.py OUT_DIR

A residual network predicts the noise. After each of its five blocks stands a noise head, and an uncertainty head
trained to predict the mean of tanh|error|. While sampling (DDIM, 40 steps), a step leaves at the first block whose
predicted uncertainty is at most 1 - lambda. The loss of a sample is the mean squared pixel difference, images in
[0, 1], to the sample that the full network draws from the same noise: every lambda needs a new sample, so the result
is a table and not an exit table.

Writes lambdas.npy [61] (descending, 1 never leaves early), losses.npy float32 [61, 800] in [0, 1] and exits.npy [61],
the mean exit of each row.
"""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

WIDTHS = (16, 32, 64, 128, 192)     # narrow early blocks: leaving early costs quality and saves work
TIME_WIDTH, NOISE_STEPS, DRAW_STEPS, SAMPLES, TRAIN_STEPS = 64, 400, 40, 800, 4000


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        w = TIME_WIDTH
        self.time = nn.Sequential(nn.Linear(32, w), nn.SiLU(), nn.Linear(w, w))
        inputs = [64] + [k + 64 for k in WIDTHS[:-1]]
        self.grow = nn.ModuleList([nn.Linear(i, k) for i, k in zip(inputs, WIDTHS)])
        self.condition = nn.ModuleList([nn.Linear(w, k) for k in WIDTHS])
        self.blocks = nn.ModuleList([
            nn.Sequential(nn.LayerNorm(k), nn.Linear(k, 2 * k), nn.SiLU(), nn.Linear(2 * k, k)) for k in WIDTHS])
        self.noise = nn.ModuleList([nn.Sequential(nn.LayerNorm(k), nn.Linear(k, 64)) for k in WIDTHS])
        self.uncertainty = nn.ModuleList([
            nn.Sequential(nn.Linear(k + w, 32), nn.SiLU(), nn.Linear(32, 1)) for k in WIDTHS])

    def forward(self, x, step):
        """x [N, 64] in -1..1, step [N]: the predicted noise and uncertainty of every block."""
        phase = torch.exp(torch.linspace(0, -6, 16)) * step[:, None].float()
        time = self.time(torch.cat([phase.sin(), phase.cos()], 1))
        hidden, noises, uncertainties = None, [], []
        for k, block in enumerate(self.blocks):
            hidden = self.grow[k](x if hidden is None else torch.cat([hidden, x], 1)) + self.condition[k](time)
            hidden = hidden + block(hidden)
            noises.append(self.noise[k](hidden))
            # Detached: the uncertainty heads watch the network, they do not shape it.
            watched = torch.cat([hidden, time], 1).detach()
            uncertainties.append(torch.sigmoid(self.uncertainty[k](watched))[:, 0])
        return noises, uncertainties


def train(net, images, kept):
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, TRAIN_STEPS)
    for step in range(1, TRAIN_STEPS + 1):
        clean = images[torch.randint(0, len(images), (256,))]
        t = torch.randint(0, NOISE_STEPS, (256,))
        noise = torch.randn_like(clean)
        noisy = kept[t].sqrt()[:, None] * clean + (1 - kept[t]).sqrt()[:, None] * noise
        loss = 0
        for predicted, uncertainty in zip(*net(noisy, t)):
            error = torch.tanh((predicted - noise).abs()).mean(1).detach()
            loss = loss + F.mse_loss(predicted, noise) + F.mse_loss(uncertainty, error)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 1000 == 0:
            print(f"step {step}/{TRAIN_STEPS}, loss {float(loss):.4f}", flush=True)


@torch.no_grad()
def draw(net, noise, kept, threshold):
    """Images [N, 64] in [0, 1] drawn from `noise`, and the mean exit [N] over the 40 steps."""
    z, exits = noise.clone(), []
    steps = np.linspace(NOISE_STEPS - 1, 0, DRAW_STEPS).round().astype(int)
    for j, t in enumerate(steps):
        noises, uncertainties = net(z, torch.full((len(z),), int(t)))
        leaves = torch.stack(uncertainties, 1) <= 1 - threshold
        leaves[:, -1] = True
        block = leaves.float().argmax(1)
        predicted = torch.stack(noises, 1)[torch.arange(len(z)), block]
        exits.append(block + 1)
        clean = ((z - (1 - kept[t]).sqrt() * predicted) / kept[t].sqrt()).clamp(-1.2, 1.2)
        if j + 1 < len(steps):
            later = kept[steps[j + 1]]
            z = later.sqrt() * clean + (1 - later).sqrt() * predicted
        else:
            z = clean
    return ((z + 1) / 2).clamp(0, 1), torch.stack(exits, 1).float().mean(1)


def main(out):
    images = torch.from_numpy((load_digits().images / 16).astype(np.float32)).flatten(1) * 2 - 1
    torch.set_num_threads(2)
    torch.manual_seed(41)
    net = Denoiser()
    kept = torch.cumprod(1 - torch.linspace(1e-4, 0.03, NOISE_STEPS), 0)
    train(net, images, kept)
    net.eval()
    noise = torch.randn(SAMPLES, 64)
    full, _ = draw(net, noise, kept, 2.0)              # no uncertainty is at most -1: every step runs all blocks
    lambdas = np.round(np.linspace(1, 0.4, 61), 4)
    losses, exits = [], []
    for threshold in lambdas:
        drawn, left = draw(net, noise, kept, float(threshold))
        losses.append(((drawn - full) ** 2).mean(1).numpy())
        exits.append(left.numpy())
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "lambdas.npy", lambdas)
    np.save(out / "losses.npy", np.array(losses))
    np.save(out / "exits.npy", np.array(exits).astype(np.float64).mean(1))
    np.save(out / "exits_per_sample.npy", np.array(exits))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
