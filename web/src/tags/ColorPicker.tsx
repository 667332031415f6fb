"use client";
// Chooses a colour: from the palette, or any other by area, hue and its number.
import { useLingui } from "@lingui/react/macro";
import {
  ColorPicker as AriaColorPicker,
  ColorArea,
  ColorField,
  ColorSlider,
  ColorSwatch,
  ColorSwatchPicker,
  ColorSwatchPickerItem,
  ColorThumb,
  Input,
  Label,
  SliderTrack,
} from "react-aria-components";
import { PALETTE } from "./palette";

interface Props {
  /** #RRGGBB */
  readonly color: string;
  readonly onChange: (color: string) => void;
}

const THUMB = "size-5 rounded-full border-2 border-white shadow-float ring-1 ring-black/40 data-[focus-visible]:size-6";

export default function ColorPicker({ color, onChange }: Props) {
  const { t } = useLingui();
  return (
    <AriaColorPicker value={color} onChange={(next) => onChange(next.toString("hex").toUpperCase())}>
      <div className="flex w-58 flex-col gap-3">
        <ColorSwatchPicker aria-label={t`Colours`} className="grid grid-cols-6 gap-1.5">
          {PALETTE.map((offered) => (
            <ColorSwatchPickerItem
              key={offered}
              color={offered}
              className="grid size-8 cursor-pointer place-items-center rounded-lg outline-none data-[focus-visible]:outline-2 data-[focus-visible]:outline-accent data-[selected]:ring-2 data-[selected]:ring-ink"
            >
              <ColorSwatch className="size-6 rounded-full" />
            </ColorSwatchPickerItem>
          ))}
        </ColorSwatchPicker>
        <ColorArea
          aria-label={t`Shade`}
          colorSpace="hsb"
          xChannel="saturation"
          yChannel="brightness"
          className="h-28 w-full rounded-lg"
        >
          <ColorThumb className={THUMB} />
        </ColorArea>
        <ColorSlider aria-label={t`Hue`} colorSpace="hsb" channel="hue">
          <SliderTrack className="h-4 w-full rounded-full">
            <ColorThumb className={`top-1/2 ${THUMB}`} />
          </SliderTrack>
        </ColorSlider>
        <ColorField className="field">
          <Label className="label">{t`Number of the colour`}</Label>
          <Input className="input font-mono" />
        </ColorField>
      </div>
    </AriaColorPicker>
  );
}
