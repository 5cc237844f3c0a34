"""A multi-exit network and its training loop (PyTorch).

Stage k + 1 reads only what stage k returned, head k reads only what stage k returned:

    h_0 = input;  h_k = stages[k](h_{k-1});  logits_k = heads[k](h_k)
"""
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_bn(cin, cout, stride=1):
    conv = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU())


class DigitsNet(nn.Module):
    """Four exits on 8x8 grey digits, 0.25 million multiply-accumulates in total.

    `forward` takes float32 [N, 1, 8, 8] in 0..1 and returns a tuple of 4 logit arrays [N, classes].
    """

    def __init__(self, classes=10, widths=(4, 8, 16, 32)):
        super().__init__()
        a, b, c, d = widths
        self.stages = nn.ModuleList([
            conv_bn(1, a),                                             # 8x8
            nn.Sequential(conv_bn(a, b, stride=2)),                    # 4x4
            nn.Sequential(conv_bn(b, c)),
            nn.Sequential(conv_bn(c, d), conv_bn(d, d)),
        ])
        self.heads = nn.ModuleList([
            nn.Sequential(nn.AvgPool2d(4), nn.Flatten(1), nn.Linear(4 * a, classes)),
            nn.Sequential(nn.AvgPool2d(2), nn.Flatten(1), nn.Linear(4 * b, classes)),
            nn.Sequential(nn.AvgPool2d(2), nn.Flatten(1), nn.Linear(4 * c, classes)),
            nn.Sequential(nn.Flatten(1), nn.Linear(16 * d, classes)),
        ])

    def forward(self, x):
        logits = []
        for stage, head in zip(self.stages, self.heads):
            x = stage(x)
            logits.append(head(x))
        return tuple(logits)


def train_exits(model, draw_batch, steps, learning_rate, log_every=500):
    """AdamW, one warm-up and cosine cycle, on the sum of the cross-entropies of all exits."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-4)
    warm = max(1, steps // 20)

    def factor(step):
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, steps - warm)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    model.train()
    started = time.time()
    for step in range(1, steps + 1):
        x, y = draw_batch()
        losses = [F.cross_entropy(logits, y) for logits in model(x)]
        optimiser.zero_grad(set_to_none=True)
        sum(losses).backward()
        optimiser.step()
        schedule.step()
        if step % log_every == 0:
            values = [round(float(loss), 3) for loss in losses]
            print(f"step {step}/{steps}, {time.time() - started:.0f} s, loss per exit {values}", flush=True)
    model.eval()


@torch.no_grad()
def all_logits(model, x, batch=500):
    """float32 [N, exit, class]: the logits of every exit."""
    parts = [torch.stack(model(x[i:i + batch]), 1).numpy() for i in range(0, len(x), batch)]
    return np.ascontiguousarray(np.concatenate(parts), dtype=np.float32)


@torch.no_grad()
def layer_macs(module, x):
    """Multiply-accumulates of the conv and linear layers for one sample, and the module's output."""
    total, hooks = [0], []

    def count(layer, inputs, output):
        if isinstance(layer, nn.Conv2d):
            total[0] += output.shape[1:].numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
        else:
            total[0] += output.shape[1:].numel() * layer.in_features

    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            hooks.append(layer.register_forward_hook(count))
    output = module(x)
    for hook in hooks:
        hook.remove()
    return total[0], output


def cumulative_macs(model, x):
    """Cost of leaving at exit k: stages 1..k, and heads 1..k, which were all asked on the way."""
    cumulative, so_far = [], 0
    for stage, head in zip(model.stages, model.heads):
        stage_macs, x = layer_macs(stage, x)
        head_macs, _ = layer_macs(head, x)
        so_far += stage_macs + head_macs
        cumulative.append(so_far)
    return cumulative
