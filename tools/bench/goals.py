"""What is compared, and what it must be. Only ratios within one run count: they carry over to other machines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from tools.bench.assets import Asset
from tools.bench.runtime import Instructions, Sample

_LAMBDA_AT_LEAST = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """An asset with its samples, one a round."""

    asset: Asset
    samples: list[Sample]
    bytecode: float
    #: None without valgrind.
    instructions: Instructions | None

    def beside(self, other: "Case", figure: Callable[[Sample], float]) -> float:
        """The median of the ratios within each round. Minima would be compared across rounds, and a machine that
        is shared may be twice as fast for the seconds of one sample."""
        rounds = zip(self.samples, other.samples, strict=True)
        return median(figure(mine) / figure(theirs) for mine, theirs in rounds)

    def least(self, figure: Callable[[Sample], float]) -> float:
        return min(figure(sample) for sample in self.samples)

    @property
    def cold_cpu(self) -> float:
        return self.least(_cold)

    @property
    def peak_rss(self) -> float:
        return self.least(lambda sample: sample.peak_rss)

    def warm_cpu(self, name: str) -> float | None:
        if any(name not in sample.warm_cpu for sample in self.samples):
            return None
        return self.least(lambda sample: sample.warm_cpu[name])


@dataclass(frozen=True, slots=True)
class Goal:
    """`must` fails the run, `aim` is what was set out for. Without either it is for reading."""

    name: str
    value: float
    must: float | None = None
    aim: float | None = None
    at_least: bool = False

    def meets(self, bound: float | None) -> bool | None:
        if bound is None:
            return None
        return self.value >= bound if self.at_least else self.value <= bound


@dataclass(frozen=True, slots=True)
class Cases:
    plain: Case
    hashed: Case
    floor: Case
    ours: Case
    uncompiled: Case

    def goals(self, part_urls: float) -> Iterator[Goal]:
        ours, plain, hashed = self.ours, self.plain, self.hashed
        yield Goal("cold CPU / reference as CDK zips it", ours.beside(plain, _cold), 0.35, 0.25)
        yield Goal("cold CPU / reference, valid bytecode", ours.beside(hashed, _cold), 0.85, 0.60)
        if ours.instructions and plain.instructions and hashed.instructions:
            share = ours.instructions.cold / plain.instructions.cold
            yield Goal("instructions / reference as CDK zips it", share, 0.30, 0.25)
            share = ours.instructions.cold / hashed.instructions.cold
            yield Goal("instructions / reference, valid bytecode", share, 0.85, 0.60)
        yield Goal("modules from valid bytecode", ours.bytecode, 1.0, 1.0, at_least=True)
        yield Goal("warm CPU of get / two calls, no framework", ours.beside(self.floor, _get), 1.20, 1.05)  # fmt: skip
        if ours.instructions and self.floor.instructions:
            share = ours.instructions.warm / self.floor.instructions.warm
            yield Goal("instructions of a warm get / two calls", share)
        yield Goal("peak RSS / 128 MB", ours.peak_rss / _LAMBDA_AT_LEAST, 0.50, 0.37)
        packed = ours.asset.zip_bytes / plain.asset.zip_bytes
        yield Goal("zipped asset / reference", packed, 0.40, 0.20)
        yield Goal("10,000 part URLs / boto3", part_urls, 0.05, 0.01)
        yield Goal("warm CPU of get / reference", ours.beside(hashed, _get))
        yield Goal("warm CPU of create / reference", ours.beside(hashed, _create))


def _cold(sample: Sample) -> float:
    return sample.cold_cpu


def _get(sample: Sample) -> float:
    return sample.warm_cpu["get"]


def _create(sample: Sample) -> float:
    return sample.warm_cpu["create"]
