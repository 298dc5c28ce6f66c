"""What the embedding sees of a photo, as shared/src/signature measures it: histogram.rs, statistics.rs, surroundings.rs."""
import torch, math
def lab2lin(lab):
    fy=(lab[...,0]+16)/116; fx=fy+lab[...,1]/500; fz=fy-lab[...,2]/200
    d=6/29
    inv=lambda t: torch.where(t>d,t**3,3*d*d*(t-4/29))
    X,Y,Z=inv(fx)*0.95047,inv(fy),inv(fz)*1.08883
    return torch.stack([3.2404542*X-1.5371385*Y-0.4985314*Z,-0.9692660*X+1.8760108*Y+0.0415560*Z,0.0556434*X-0.2040259*Y+1.0572252*Z],-1).clamp(0,1)
def lin2lab(c):
    r,g,b=c.unbind(-1)
    X=(0.4124564*r+0.3575761*g+0.1804375*b)/0.95047; Y=0.2126729*r+0.7151522*g+0.0721750*b; Z=(0.0193339*r+0.1191920*g+0.9503041*b)/1.08883
    d=6/29
    f=lambda t: torch.where(t>d**3,t.clamp(min=1e-9)**(1/3),t/(3*d*d)+4/29)
    x,y,z=f(X),f(Y),f(Z)
    return torch.stack([116*y-16,500*(x-y),200*(y-z)],-1)
def enc(x): return torch.where(x<=0.0031308,12.92*x,1.055*x.clamp(min=1e-9)**(1/2.4)-0.055)
def dec(v): return torch.where(v<=0.04045,v/12.92,((v.clamp(min=0)+0.055)/1.055)**2.4)
CELLS=(10,8,10); FIRST=torch.tensor([5.,-20.,-30.]); 
def kern():
    K=[]
    for n in CELLS:
        i=torch.arange(n); D=(i[:,None]-i[None]).abs().float()
        k=torch.exp(-0.5*(D/0.8)**2); k[D>2]=0; K.append(k)
    return K
KERN=kern()
def weights(px):
    # trims tails like pixels.rs; returns weights B,P
    w=px[...,4]**2
    L=px[...,0]; o=L.argsort(1); ws=w.gather(1,o); c=ws.cumsum(1)/ws.sum(1,keepdim=True)
    keep=(c>=0.05)&(c-ws/ws.sum(1,keepdim=True)<0.96)
    k=torch.zeros_like(w,dtype=torch.bool).scatter(1,o,keep)
    return w*k
def hist(px,w):
    B,P,_=px.shape
    pos=((px[...,:3]-FIRST)/10)
    lim=torch.tensor([n-1. for n in CELLS]); pos=torch.minimum(pos.clamp(min=0),lim)
    low=torch.minimum(pos.floor(),lim-1); fr=pos-low; low=low.long()
    out=torch.zeros(B,800)
    for c in range(8):
        up=[(c>>a)&1 for a in range(3)]
        ww=w.clone(); idx=torch.zeros(B,P,dtype=torch.long)
        for a in range(3):
            ww=ww*(fr[...,a] if up[a] else 1-fr[...,a]); idx=idx*CELLS[a]+low[...,a]+up[a]
        out.scatter_add_(1,idx,ww)
    h=out.view(B,*CELLS)
    h=torch.einsum('bijk,il,jm,kn->blmn',h,*KERN).reshape(B,-1)
    return (h/h.sum(1,keepdim=True).clamp(min=1e-9)).sqrt()
def wmean(x,w): return (x*w[...,None]).sum(1)/w.sum(1,keepdim=True).clamp(min=1e-6)
def stats(px,w,nq=5,nz=3):
    lab=px[...,:3]; m=wmean(lab,w)
    o=px[...,0].argsort(1); ws=w.gather(1,o); c=ws.cumsum(1)/ws.sum(1,keepdim=True).clamp(min=1e-6)
    ls=lab.gather(1,o[...,None].expand(-1,-1,3)); f=[]
    for q in range(nq):
        s=((c>q/nq)&(c<=(q+1)/nq)).float()*ws
        f.append(wmean(ls,s+1e-9))
    for z in range(nz):
        s=((px[...,3]>=z/nz)&(px[...,3]<(z+1)/nz)).float()*w
        has=(s.sum(1,keepdim=True)>1e-3).float()
        f.append((wmean(lab,s+1e-9)-m)*has)
    f.append(((lab-m[:,None])**2*w[...,None]).sum(1).div(w.sum(1,keepdim=True).clamp(min=1e-6)).sqrt())
    return torch.cat(f,1)
